import { Injectable } from '@nestjs/common';
import { countApps } from '../metrics/count-apps.js';
import { OrphansService } from '../orphans/orphans.service.js';
import { AppStore } from '../store/app-store.js';
import { FleetStore } from '../store/fleet-store.js';
import { Listening } from '../workers/listening.js';
import type { CheckOutcome, Finding } from './diagnosis.js';

type Outcome = Omit<CheckOutcome, 'name'>;

/** Most apps that are named of each kind. */
const MOST_NAMED = 20;

/** What workers make of apps. */
@Injectable()
export class FleetChecks {
  constructor(
    private readonly store: AppStore,
    private readonly fleet: FleetStore,
    private readonly listening: Listening,
    private readonly orphanApps: OrphansService,
  ) {}

  /** Apps whose present revision workers that are online could not bring about, as `nebula_app_workers` counts them. */
  async apps(): Promise<Outcome> {
    const census = await this.fleet.census(this.listening.silence());
    const [epoch, revisions] = await Promise.all([this.store.epoch(), this.store.currentRevisions()]);
    const failed = [...countApps(census, epoch, revisions)]
      .filter(([, states]) => states.failed > 0)
      .sort(([, one], [, other]) => other.failed - one.failed);
    const findings = failed.slice(0, MOST_NAMED).map(
      ([app, states]): Finding => ({
        about: app,
        problem: `It failed on ${workers(states.failed)}.`,
        remedy: `nebulactl app status ${app} says on which, in what step, and when it is tried again.`,
      }),
    );
    if (failed.length > MOST_NAMED) {
      const problem = `${failed.length - MOST_NAMED} more apps failed on workers.`;
      findings.push({ about: null, problem, remedy: 'Mend the ones above, and look again.' });
    }
    const summary = `${revisions.size} apps were looked at, ${failed.length} failed on workers`;
    return { summary, findings };
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
    const count = next_after === null ? String(items.length) : `more than ${items.length}`;
    return { summary: `${count} orphans were found`, findings };
  }
}

function workers(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}
