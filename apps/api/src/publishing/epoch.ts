import type { Position } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { AppStore } from '../store/app-store.js';

/** What shows that the database was put back to an older state. */
export interface EpochEvidence {
  region: string;
  app: string;
  /** Position of the feed's newest message. */
  feed: { epoch: number; revision: number };
  /** Position of the database's record; null when there is none. */
  database: { epoch: number; revision: number } | null;
}

/** The database's epoch, by which everything that it says orders after everything that feeds have seen. */
@Injectable()
export class Epoch {
  private readonly listeners = new Set<() => void>();
  private seen: number | null = null;

  constructor(
    private readonly store: AppStore,
    private readonly log: ApiLog,
  ) {}

  async current(): Promise<number> {
    this.seen = await this.store.epoch();
    return this.seen;
  }

  /** What it was when it was last asked for, without a call of the database; another instance may have raised it. */
  async lastSeen(): Promise<number> {
    return this.seen ?? (await this.current());
  }

  /** Raises the epoch above a feed's. Everything is then behind, in every region. */
  async raiseAbove({ region, app, feed, database }: EpochEvidence): Promise<void> {
    await this.raise(
      feed.epoch + 1,
      'the feed is ahead of the database, so the database was restored from a backup; the restored state wins, ' +
        'and everything is published anew under a higher epoch',
      { region, app, feed: { ...feed }, database },
    );
  }

  /** Raises the epoch above that of workers which run an app that neither database nor feeds know any more. */
  async raiseAboveWorkers(app: string, workers: Position): Promise<void> {
    await this.raise(
      workers.epoch + 1,
      'workers are ahead of the database and of the feeds with an app that these have lost; everything is published ' +
        'anew under a higher epoch',
      { app, workers: { epoch: workers.epoch, revision: workers.revision } },
    );
  }

  private async raise(epoch: number, why: string, fields: Record<string, unknown>): Promise<void> {
    // Several apps show it at the same time; one raise is enough for all.
    if ((await this.store.epoch()) >= epoch) return;
    await this.store.raiseEpoch(epoch);
    this.log.warn(why, { ...fields, epoch });
    for (const listener of this.listeners) listener();
  }

  /** Calls a listener after each raise by this instance. */
  onRaised(listener: () => void): void {
    this.listeners.add(listener);
  }
}
