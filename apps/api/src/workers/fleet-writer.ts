import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerMessage } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { inParallel } from '../apps/many-apps.js';
import { Clock } from '../clock.js';
import { ApiMetrics } from '../metrics/api-metrics.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import type { WorkerChange, WorkerRecord } from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { groupedBy } from './grouped-by.js';
import { VERDICTS } from './admission.js';
import { News } from './news.js';
import { type Folded, foldMessages, justConverged, timeTaken } from './fold-messages.js';

/** Tries of one write while other instances write about the same workers. */
const MAX_TRIES = 10;

/** Longest wait between two tries, milliseconds. */
const LONGEST_WAIT_MS = 50;

/** A worker that was heard of so far in the future was so by another clock, milliseconds. */
const SKEW_MS = 5_000;

/** Between two log lines about that, milliseconds. */
const SKEW_LOG_INTERVAL_MS = 600_000;

/** Most names that the store is asked for at once. */
const NAMES_AT_ONCE = 1_000;

/** Most apps whose times are told of what came together: with the others it isn't known how long a worker took. */
const MOST_TIMED = 1_000;

/** Writes what workers said: each worker's record in one conditional update, then the reports beside it. */
@Injectable()
export class FleetWriter {
  private skewLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly fleet: FleetStore,
    private readonly apps: AppStore,
    private readonly news: News,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    private readonly metrics: ApiMetrics,
  ) {}

  /**
   * @param messages at most 1,000, in the order in which they came
   * @throws {StoreUnavailableError} when the store is away; some may be written then
   */
  async write(messages: readonly WorkerMessage[]): Promise<void> {
    let open = groupedBy(messages, ({ worker_id }) => worker_id);
    for (let tried = 0; open.size > 0; tried += 1) {
      if (tried === MAX_TRIES)
        throw new Error(`others write about the same ${open.size} workers too quickly`);
      if (tried > 0) await sleep(this.clock.random() * LONGEST_WAIT_MS);
      open = await this.tryAll(open);
    }
  }

  /** Answers what another instance was quicker with. */
  private async tryAll(open: ReadonlyMap<string, WorkerMessage[]>): Promise<Map<string, WorkerMessage[]>> {
    const known = new Map(
      (await this.fleet.workers([...open.keys()])).map((worker) => [worker.worker_id, worker]),
    );
    const now = this.clock.now();
    this.lookAtClocks([...known.values()], now);
    const folded = [...open].map(([id, messages]) => foldMessages(known.get(id) ?? null, messages, now));
    const changing = folded.flatMap(({ change }) => change ?? []);
    await this.fillTimes(changing);
    const outcomes = await this.fleet.saveWorkers(changing);
    const refused = new Set(
      changing.filter((_, index) => !outcomes[index]).map(({ after }) => after.worker_id),
    );
    const written = folded.filter(({ change }) => !change || !refused.has(change.after.worker_id));
    await this.finish(written);
    this.count(written);
    this.tell(written);
    return new Map([...open].filter(([id]) => refused.has(id)));
  }

  /** The clocks of all instances stamp the same records: by one that is late a worker looks silent to the others. */
  private lookAtClocks(known: readonly WorkerRecord[], now: number): void {
    const ahead = Math.max(0, ...known.map(({ last_seen_at }) => last_seen_at)) - now;
    if (ahead <= SKEW_MS || now - this.skewLoggedAt < SKEW_LOG_INTERVAL_MS) return;
    this.skewLoggedAt = now;
    this.log.warn('the clocks of the apis differ, this one is late; let NTP set all of them', {
      seconds: Math.round(ahead / 1_000),
    });
  }

  /** A worker's record is a new one with each heartbeat; an app on it only when something of it is different. */
  private tell(written: readonly Folded[]): void {
    const apps = new Set<string>();
    for (const { change, gone } of written) {
      const before = new Set(change?.before?.apps);
      for (const name of gone) apps.add(name);
      for (const app of change?.after.apps ?? []) if (!before.has(app)) apps.add(app.app_name);
    }
    if (apps.size > 0) this.news.announce([...apps]);
  }

  private count(written: readonly Folded[]): void {
    const { reports } = this.metrics;
    for (const { verdicts, change } of written) {
      for (const verdict of VERDICTS) reports.arrived(verdict, verdicts[verdict]);
      for (const { took_ms } of change ? justConverged(change) : [])
        if (took_ms !== null) reports.converged(took_ms / 1_000);
    }
  }

  private async finish(written: readonly Folded[]): Promise<void> {
    await this.fleet.saveReports(written.flatMap(({ reports }) => reports));
    const tidied = written.flatMap((each) => each.tidied ?? []);
    if (tidied.length > 0) await this.fleet.removeUnlistedReports(tidied);
    for (const { change } of written) {
      if (!change) continue;
      const { before, after } = change;
      if (after.duplicate && !before?.duplicate)
        this.log.warn('two workers report under one id', { worker_id: after.worker_id });
    }
  }

  /** The time of a change is that of the app's record, as long as nothing newer is wanted. */
  private async fillTimes(changes: readonly WorkerChange[]): Promise<void> {
    const converged = changes.flatMap((change) =>
      justConverged(change).map((app) => ({ app, intervalMs: change.after.interval_seconds * 1_000 })),
    );
    if (converged.length === 0) return;
    const epoch = await this.apps.epoch();
    const byName = groupedBy(
      converged.filter(({ app }) => app.epoch === epoch),
      ({ app }) => app.app_name,
    );
    for (const record of await this.records([...byName.keys()])) {
      const since = Date.parse(record.updated_at);
      for (const { app, intervalMs } of byName.get(record.app_name) ?? [])
        if (app.revision === record.revision) app.took_ms = timeTaken(app, since, intervalMs);
    }
  }

  /** Those that there are. A worker may name thousands that nobody knows: one read of each would hold up all others. */
  private async records(names: readonly string[]): Promise<AppRecord[]> {
    const known: string[] = [];
    for (let from = 0; from < names.length; from += NAMES_AT_ONCE)
      known.push(...(await this.apps.recorded(names.slice(from, from + NAMES_AT_ONCE))));
    const read = await inParallel(known.slice(0, MOST_TIMED), async (name) => await this.apps.get(name));
    return read.filter((record) => record !== null);
  }
}
