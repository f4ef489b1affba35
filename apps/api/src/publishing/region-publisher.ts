import { comparePositions, type DesiredStateMessage, type Position } from '@nebula/contracts';
import type { ApiLog } from '../api-log.js';
import type { Clock } from '../clock.js';
import type { PublishingMetrics, VerificationOutcome } from '../metrics/publishing-metrics.js';
import { type AppRecord, type AppStore, StoreUnavailableError } from '../store/app-store.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';
import { AppQueue } from './app-queue.js';
import { desiredStateMessage } from './desired-state-message.js';
import type { Epoch } from './epoch.js';
import { FailureLog } from './failure-log.js';
import type { LimitedFeed } from './limited-feed.js';
import type { PublishingTiming } from './publishing-options.js';
import { RecentWrites } from './recent-writes.js';
import { SeenInFeed, type SeenState } from './seen-in-feed.js';
import { UnreadableApps } from './unreadable-apps.js';
import { VerificationClaims } from './verification-claims.js';

/** Any name will do: it is only read, and a stream that is missing is an answer, too. */
const NO_APP = 'none';

/** Brings the feed of one region to what the database says, app by app. */
export class RegionPublisher {
  /** What this instance verifies; it is compared in its turn. */
  readonly claims: VerificationClaims;
  private readonly queue: AppQueue;
  private readonly seen = new SeenInFeed();
  /** What the last attempt of each failing app ended with. */
  private readonly failing = new Map<string, string>();
  private readonly unreadable: UnreadableApps;
  private readonly written: RecentWrites;
  /** Deleted apps of which there is no record any more, and whose stream is still to go. */
  private readonly forgotten = new Set<string>();
  private stopped = false;
  private asking = false;
  private readonly failures: FailureLog;
  /** By a monotonic clock, milliseconds. */
  private readonly startedAt: number;

  constructor(
    readonly feed: LimitedFeed,
    private readonly store: AppStore,
    private readonly epoch: Epoch,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    timing: PublishingTiming,
    private readonly metrics: PublishingMetrics,
  ) {
    metrics.begin(feed.region);
    this.failures = new FailureLog(feed.region, log);
    this.unreadable = new UnreadableApps(feed.region, clock, log);
    this.claims = new VerificationClaims(feed.region, store);
    this.startedAt = clock.elapsed();
    this.written = new RecentWrites(() => clock.elapsed());
    this.queue = new AppQueue((appName, nudged) => this.attempt(appName, nudged), timing, clock);
  }

  get region(): string {
    return this.feed.region;
  }

  /** Apps that are not known to be right. */
  get pending(): number {
    return this.queue.size;
  }

  /** Apps of which the feed has ever had something, as far as was seen. */
  get known(): number {
    return this.seen.size;
  }

  /** An app was changed to this. */
  nudge(written: AppRecord): void {
    this.written.note(written);
    this.queue.nudge(written.app_name);
  }

  /** An app is to be compared, in its turn. */
  compare(appName: string): void {
    this.queue.add(appName);
  }

  /** The same of one that this instance has claimed for verification. */
  verify(appName: string): void {
    this.claims.claim(appName);
    this.compare(appName);
  }

  /** The same of one that is behind; one of which no message could be made is looked at again after a while only. */
  compareBehind(appName: string): void {
    if (this.unreadable.isDue(appName)) this.compare(appName);
  }

  /** How many that are claimed have not been tried: one that has failed is tried again by itself, however often. */
  get untried(): number {
    let count = 0;
    for (const appName of this.claims.open) if (!this.failing.has(appName)) count += 1;
    return count;
  }

  /**
   * Whether the stream of a deleted app has nothing more to tell than that, or is gone already.
   * @throws {Error} when the feed can't be had
   */
  async isRetired(appName: string): Promise<boolean> {
    const newest = await this.feed.readNewest(appName);
    return newest === null || newest.deleted;
  }

  /**
   * Removes the stream of a deleted app, whose work is done.
   * @returns whether it is gone; one that has something else than a tombstone as the newest stays
   * @throws {Error} when the feed can't be had
   */
  async retire(appName: string): Promise<boolean> {
    return (await this.feed.removeDeleted(appName)) || (await this.feed.readNewest(appName)) === null;
  }

  /** The record of a deleted app is gone: what may be left of its stream goes, too. */
  forget(appName: string): void {
    this.forgotten.add(appName);
    this.compare(appName);
  }

  /**
   * Somebody has seen a later desired state of an app than the database has, or another one in its place: what the whole
   * stream holds decides.
   */
  async suspect(appName: string): Promise<void> {
    for (const message of await this.feed.readHighest(appName)) this.seen.note(appName, message);
    this.compare(appName);
  }

  /**
   * Asks the feed something when it has a problem and nothing here is tried again: what it refused somebody else may be
   * allowed by now, and it doesn't know before it is asked.
   */
  askAgain(): void {
    if (this.feed.problem() === null || this.pending > 0 || this.asking) return;
    this.asking = true;
    void this.feed
      .readNewest(NO_APP)
      // It stays the feed's problem, which says so itself.
      .catch(() => undefined)
      .finally(() => {
        this.asking = false;
      });
  }

  /** Null when the feed has or will at once have what the database says, else what is in the way. */
  problem(): string | null {
    const [reason] = this.failing.values();
    return this.feed.problem() ?? reason ?? null;
  }

  /** The same of one app alone; null also when it waits for its turn. */
  problemOf(appName: string): string | null {
    return this.feed.problem() ?? this.failing.get(appName) ?? this.unreadable.reasonOf(appName);
  }

  /** Compares what was changed once more, and nothing else. Resolves when that has ended. */
  async finish(): Promise<void> {
    await this.queue.finish();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.queue.stop();
    this.written.clear();
  }

  private async attempt(appName: string, changed: boolean): Promise<boolean> {
    const began = this.clock.now();
    try {
      const outcome = await this.converge(appName);
      this.claims.compared(appName, began);
      if (!changed) this.metrics.compared(this.region, outcome);
      this.noteSuccess(appName);
      return true;
    } catch (error) {
      // Neither the feed nor another try can help, and no other app is concerned: the sweep takes it up again.
      if (error instanceof SecretsUnreadableError) {
        this.claims.compared(appName, began);
        this.failing.delete(appName);
        this.unreadable.leaveOut(error);
        return true;
      }
      if (!changed && !this.stopped) this.metrics.compared(this.region, 'failed');
      if (!this.stopped) this.noteFailure(appName, error);
      return false;
    }
  }

  /**
   * Compares feed and database until they are the same, since a confirmation proves nothing and another instance
   * may append an older message behind a newer one. The feed is read first: it then can't be ahead of a database
   * that was only ever written to. A change that is beyond all that was seen of the feed is appended before that,
   * so that it doesn't wait for a reading. Whatever else is compared asks the feed first, so that the database is
   * left alone while the feed is away.
   */
  private async converge(appName: string): Promise<VerificationOutcome> {
    let outcome: VerificationOutcome = 'right';
    const written = this.written.take(appName);
    let confirmed = written ? await this.publishUnseen(written) : null;
    for (;;) {
      const newest = await this.feed.readNewest(appName);
      const highest = this.seen.note(appName, newest);
      const { record, epoch } = await this.fromDatabase(appName);
      if (!record) {
        if (await this.removeForgotten(appName)) continue;
        return outcome;
      }
      const wanted = desiredStateMessage(record, epoch);
      if (highest && !isBehindOrSame(highest, wanted)) {
        await this.raiseEpoch(highest, wanted);
        outcome = 'ahead';
        continue;
      }
      if (newest && isSame(newest, wanted)) {
        await this.mark(record, wanted);
        return outcome;
      }
      if (confirmed && isSame(confirmed, wanted)) throw new Error('the feed lacks what it has confirmed');
      if (outcome === 'right') outcome = this.isLoss(record, wanted) ? 'lost' : 'published';
      if (!confirmed) this.noteLoss(record, wanted);
      await this.publish(wanted);
      confirmed = wanted;
    }
  }

  /** Whether the stream was removed; an app of that name that was created meanwhile has to be published then. */
  private async removeForgotten(appName: string): Promise<boolean> {
    if (!this.forgotten.has(appName)) return false;
    const removed = await this.feed.removeDeleted(appName);
    this.forgotten.delete(appName);
    return removed;
  }

  /**
   * Appends what was just written without asking the database for it once more: a later write, and an epoch that
   * another instance has raised, are found by the comparison that follows.
   */
  private async publishUnseen(written: AppRecord): Promise<DesiredStateMessage | null> {
    const highest = this.seen.of(written.app_name);
    if (!highest) return null;
    const wanted = desiredStateMessage(written, await this.epoch.lastSeen());
    if (comparePositions(wanted, highest) <= 0) return null;
    await this.publish(wanted);
    return wanted;
  }

  private async publish(message: DesiredStateMessage): Promise<void> {
    const began = this.clock.elapsed();
    try {
      await this.feed.publish(message);
    } catch (error) {
      this.metrics.notConfirmed(this.region);
      throw error;
    }
    this.metrics.confirmed(this.region, (this.clock.elapsed() - began) / 1_000);
  }

  /** Two calls at the same time. An epoch that is raised between them makes everything behind, this too. */
  private async fromDatabase(appName: string): Promise<{ record: AppRecord | null; epoch: number }> {
    const [record, epoch] = await Promise.all([this.store.get(appName), this.epoch.current()]);
    return { record, epoch };
  }

  private async mark(record: AppRecord, { epoch, revision }: DesiredStateMessage): Promise<void> {
    const known = record.published[this.region];
    if (known?.epoch === epoch && known.revision === revision) return;
    const now = this.clock.now();
    const mark = { epoch, revision, verified_at: now };
    await this.store.markPublished(record.app_name, this.region, mark);
    // Under a higher epoch everything arrives once more, whenever it was changed.
    if (known?.revision === revision) return;
    const took = now - Date.parse(record.updated_at);
    // The region may be new, or the database restored: the app has not waited since its last change.
    if (!known && took > this.clock.elapsed() - this.startedAt) return;
    this.metrics.arrived(this.region, Math.max(0, took) / 1_000);
  }

  private async raiseEpoch(found: Position, wanted: DesiredStateMessage): Promise<void> {
    await this.epoch.raiseAbove({
      region: this.region,
      app: wanted.app_name,
      feed: { epoch: found.epoch, revision: found.revision },
      database: { epoch: wanted.epoch, revision: wanted.revision },
    });
  }

  /** Whether the feed is known to have had this. */
  private isLoss({ published }: AppRecord, { epoch, revision }: DesiredStateMessage): boolean {
    const mark = published[this.region];
    return mark?.epoch === epoch && mark.revision === revision;
  }

  private noteLoss(record: AppRecord, wanted: DesiredStateMessage): void {
    if (!this.isLoss(record, wanted)) return;
    this.log.warn('the feed has lost the newest desired state of an app; it is published again', {
      region: this.region,
      app: record.app_name,
    });
  }

  /** Of a store that is away the store itself tells. */
  private noteFailure(appName: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.written.failed();
    this.failing.set(appName, reason);
    if (error instanceof StoreUnavailableError) return;
    this.failures.failed(appName, reason, this.feed.problem() !== null);
  }

  private noteSuccess(appName: string): void {
    this.unreadable.takeBack(appName);
    if (this.failing.delete(appName) && this.failing.size === 0) this.failures.succeeded();
  }
}

function isSame(found: SeenState, wanted: SeenState): boolean {
  return comparePositions(found, wanted) === 0 && found.digest === wanted.digest;
}

function isBehindOrSame(found: SeenState, wanted: SeenState): boolean {
  return comparePositions(found, wanted) < 0 || isSame(found, wanted);
}
