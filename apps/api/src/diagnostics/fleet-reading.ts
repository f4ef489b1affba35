import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { type FleetCensus, isOffline, type WorkerRecord } from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { Listening } from '../workers/listening.js';

/** Workers that are read at a time. */
const PAGE = 1_000;

/** So long workers are read, milliseconds; that there are more is said. */
const READING_MS = 8_000;

/** What of all workers is looked at. */
export interface Seen {
  workers: number;
  /** There was no time for the others. */
  isPart: boolean;
  silent: WorkerRecord[];
  duplicates: WorkerRecord[];
  /** How many there are of each version. */
  versions: Map<string, number>;
  /** Where apps failed on workers that are online, by any key. */
  failed: Map<string, FleetCensus['places'][number]>;
  /** How far in the future the latest was heard of, milliseconds. */
  ahead: number;
}

/** One reading of the workers for all checks that run at the same time. Of a fleet that takes too long it reads a part. */
@Injectable()
export class FleetReading {
  private seen: Promise<Seen> | null = null;

  constructor(
    private readonly fleet: FleetStore,
    private readonly listening: Listening,
    private readonly clock: Clock,
  ) {}

  /** @throws {StoreUnavailableError} when the store is away */
  async look(): Promise<Seen> {
    this.seen ??= this.read().finally(() => (this.seen = null));
    return await this.seen;
  }

  private async read(): Promise<Seen> {
    const silence = this.listening.silence();
    const until = this.clock.elapsed() + READING_MS;
    const seen: Seen = {
      ...{ workers: 0, isPart: false, silent: [], duplicates: [], ahead: 0 },
      ...{ versions: new Map(), failed: new Map() },
    };
    for (let after: string | undefined = ''; after !== undefined; ) {
      if (this.clock.elapsed() > until) return { ...seen, isPart: true };
      const page: WorkerRecord[] = await this.fleet.workerPage({
        ...{ silence, limit: PAGE },
        ...(after === '' ? {} : { after }),
      });
      for (const worker of page) {
        const { worker_version } = worker.facts;
        seen.workers += 1;
        seen.versions.set(worker_version, (seen.versions.get(worker_version) ?? 0) + 1);
        if (isOffline(worker, silence)) seen.silent.push(worker);
        else countFailures(worker, seen.failed);
        if (worker.duplicate) seen.duplicates.push(worker);
        seen.ahead = Math.max(seen.ahead, worker.last_seen_at - this.clock.now());
      }
      after = page.length === PAGE ? page.at(-1)?.worker_id : undefined;
    }
    return seen;
  }
}

/** Adds the apps that failed on a worker to those of others. */
function countFailures({ apps }: WorkerRecord, failed: Seen['failed']): void {
  for (const { app_name, epoch, revision, deleted, state } of apps) {
    if (state !== 'failed') continue;
    const key = JSON.stringify([app_name, epoch, revision, deleted]);
    const workers = (failed.get(key)?.workers ?? 0) + 1;
    failed.set(key, { app_name, epoch, revision, deleted, state, offline: false, workers });
  }
}
