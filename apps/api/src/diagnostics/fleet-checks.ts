import { Injectable } from '@nestjs/common';
import { countApps } from '../metrics/count-apps.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { AppStore } from '../store/app-store.js';
import type { CheckOutcome, Finding } from './diagnosis.js';
import { FleetReading } from './fleet-reading.js';
import { MOST_NAMED, mostNamed } from './most-named.js';

type Outcome = Omit<CheckOutcome, 'name'>;

/** What workers make of apps. */
@Injectable()
export class FleetChecks {
  constructor(
    private readonly store: AppStore,
    private readonly reading: FleetReading,
    private readonly orphanApps: OrphansService,
  ) {}

  /** Apps whose present revision workers that are online could not bring about, as `nebula_app_workers` counts them. */
  async apps(): Promise<Outcome> {
    const { workers, isPart, failed: places } = await this.reading.look();
    const [epoch, revisions] = await Promise.all([this.store.epoch(), this.store.currentRevisions()]);
    const failed = [...countApps({ places: [...places.values()] }, epoch, revisions)]
      .filter(([, states]) => states.failed > 0)
      .sort(([, one], [, other]) => other.failed - one.failed);
    const findings = mostNamed(
      failed,
      ([app, states]) => ({
        about: app,
        problem: `It failed on ${isPart ? 'at least ' : ''}${count(states.failed)}.`,
        remedy: `nebulactl app status ${app} says on which, in what step, and when it is tried again.`,
      }),
      (more) => ({
        problem: `${more} more apps failed on workers.`,
        remedy: 'Mend the ones above, and look again.',
      }),
    );
    const where = isPart ? ` of the ${workers} that were looked at, and there are more` : '';
    return {
      summary: `${revisions.size} apps were looked at, ${failed.length} failed on workers${where}`,
      findings,
    };
  }

  /** Apps that workers run and the database does not know. */
  async orphans(): Promise<Outcome> {
    const { items, next_after } = await this.orphanApps.list({ limit: MOST_NAMED });
    const findings = items.map((orphan): Finding => {
      const { app_name, epoch, revision } = orphan;
      const has = orphan.workers === 1 ? '1 worker runs' : `${orphan.workers} workers run`;
      return {
        about: app_name,
        problem: `${has} it, and the database does not know it (epoch ${epoch}, revision ${revision}).`,
        remedy: `nebulactl app create ${app_name} … takes it over, and what runs stays if the spec is the same. nebulactl app delete ${app_name} has its containers removed everywhere.`,
      };
    });
    if (next_after !== null) {
      const remedy = 'nebulactl orphans names all of them.';
      findings.push({ about: null, problem: 'There are more of them.', remedy });
    }
    const found = next_after === null ? String(items.length) : `more than ${items.length}`;
    return { summary: `${found} orphans were found`, findings };
  }
}

function count(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}
