import { Gauge } from '@nebula/metrics';
import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { ReadinessService } from '../health/readiness.service.js';
import { OrphanWatch } from '../orphans/orphan-watch.js';
import { Publisher } from '../publishing/publisher.js';
import { AppStore, type Outbox } from '../store/app-store.js';
import type { FleetCensus } from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { Listening } from '../workers/listening.js';
import { ApiMetrics } from './api-metrics.js';
import { countApps } from './count-apps.js';
import { Observation } from './observation.js';

interface SeenOutbox {
  epoch: number;
  regions: (Outbox & { region: string })[];
}

interface SeenFleet {
  census: FleetCensus;
  epoch: number;
  revisions: ReadonlyMap<string, number>;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * What is looked at when somebody scrapes: the outbox, the fleet, and what is missing. It is the same from every api of a
 * database. What can't be found out now has no value: an old one would hide that.
 */
@Injectable()
export class ObservedMetrics {
  private readonly outbox: Observation<SeenOutbox>;
  /** When the outbox of a region was seen empty last, milliseconds since 1970; absent: not since the start. */
  private readonly emptyAt = new Map<string, number>();
  private readonly startedAt: number;
  private readonly fleet: Observation<SeenFleet>;

  constructor(
    private readonly metrics: ApiMetrics,
    private readonly apps: AppStore,
    private readonly workers: FleetStore,
    private readonly publisher: Publisher,
    private readonly listening: Listening,
    private readonly readiness: ReadinessService,
    private readonly orphans: OrphanWatch,
    private readonly clock: Clock,
    log: ApiLog,
  ) {
    this.startedAt = clock.now();
    // An outage is told elsewhere.
    const note = (error: unknown) => log.debug('metrics can not be looked up', { reason: String(error) });
    this.outbox = new Observation(() => this.lookAtOutbox(), clock, note);
    this.fleet = new Observation(() => this.lookAtFleet(), clock, note);
    this.addReadiness();
    this.addOutbox();
    this.addFleet();
  }

  private async lookAtOutbox(): Promise<SeenOutbox> {
    const epoch = await this.apps.epoch();
    const regions = this.publisher.regionNames.map(async (region) => {
      const at = this.clock.now();
      const outbox = await this.apps.outbox(region, epoch);
      if (outbox.apps === 0) this.emptyAt.set(region, at);
      return { region, ...outbox };
    });
    return { epoch, regions: await Promise.all(regions) };
  }

  private async lookAtFleet(): Promise<SeenFleet> {
    const at = this.clock.now();
    const census = await this.workers.census(this.listening.silence());
    return { census, at, epoch: await this.apps.epoch(), revisions: await this.apps.currentRevisions() };
  }

  private addReadiness(): void {
    this.gauge(
      'nebula_api_ready',
      '1 while this is there, as /readyz tells it, else 0.',
      ['check'],
      async (gauge) => {
        for (const { name, problem } of (await this.readiness.check()).checks)
          gauge.set({ check: name }, problem === null ? 1 : 0);
      },
    );
    this.gauge(
      'nebula_orphan_apps',
      'Apps that workers run and the database does not know. Looked for once a minute.',
      [],
      async (gauge) => {
        const { count } = this.orphans;
        if (count !== null) gauge.set(count);
      },
    );
  }

  private addOutbox(): void {
    this.gauge(
      'nebula_outbox_apps',
      'Apps whose newest revision is not known to be in the stream of a region.',
      ['region'],
      async (gauge) => {
        for (const { region, apps } of (await this.outbox.value())?.regions ?? [])
          gauge.set({ region }, apps);
      },
    );
    this.gauge(
      'nebula_outbox_oldest_age_seconds',
      'Time for which the longest waiting of them has been seen to wait, 0 when there is none.',
      ['region'],
      async (gauge) => {
        for (const { region, oldest } of (await this.outbox.value())?.regions ?? []) {
          gauge.set({ region }, oldest === null ? 0 : this.waited(region, oldest));
        }
      },
    );
    this.gauge(
      'nebula_epoch',
      'The epoch of the database. It is raised when the database was put back to an older state.',
      [],
      async (gauge) => {
        const seen = await this.outbox.value();
        if (seen) gauge.set(seen.epoch);
      },
    );
  }

  /**
   * Seconds. Not from a change alone: in a region that was added, and after a restore, an app waits that was changed long
   * ago. It can't have waited before the outbox was empty.
   */
  private waited(region: string, oldest: string): number {
    const since = Math.max(Date.parse(oldest), this.emptyAt.get(region) ?? this.startedAt);
    return Math.max(0, this.clock.now() - since) / 1_000;
  }

  private addFleet(): void {
    this.gauge('nebula_workers', 'Workers that this database knows.', ['state'], async (gauge) => {
      const seen = await this.fleet.value();
      if (!seen) return;
      gauge.set({ state: 'online' }, seen.census.online);
      gauge.set({ state: 'offline' }, seen.census.offline);
    });
    this.gauge('nebula_apps', 'Apps that are not deleted.', [], async (gauge) => {
      const seen = await this.fleet.value();
      if (seen) gauge.set(seen.revisions.size);
    });
    this.gauge(
      'nebula_app_workers',
      'Workers of an app, by how far they are with what is wanted of it.',
      ['app', 'state'],
      async (gauge) => {
        const seen = await this.fleet.value();
        if (!seen) return;
        for (const [app, states] of countApps(seen.census, seen.epoch, seen.revisions))
          for (const [state, workers] of Object.entries(states)) gauge.set({ app, state }, workers);
      },
    );
    this.gauge(
      'nebula_fleet_observed_timestamp_seconds',
      'When workers were counted, seconds since 1970. A fleet that takes long to count is counted less often.',
      [],
      async (gauge) => {
        const seen = await this.fleet.value();
        if (seen) gauge.set(seen.at / 1_000);
      },
    );
  }

  /** A gauge that has the values alone that `collect` sets now. */
  private gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (gauge: Gauge) => Promise<void>,
  ): void {
    new Gauge({
      ...{ name, help, labelNames, registers: [this.metrics.registry] },
      async collect() {
        if (labelNames.length > 0) this.reset();
        else this.remove();
        await collect(this);
      },
    });
  }
}
