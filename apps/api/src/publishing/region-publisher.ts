import type { ApiLog } from '../api-log.js';
import type { Clock } from '../clock.js';
import type { PublishingMetrics } from '../metrics/publishing-metrics.js';
import { type AppRecord, type AppStore, StoreUnavailableError } from '../store/app-store.js';
import { AppQueue } from './app-queue.js';
import type { Epoch } from './epoch.js';
import { FailingApps } from './failing-apps.js';
import { FailureLog } from './failure-log.js';
import type { LimitedFeed } from './limited-feed.js';
import type { PublishingTiming } from './publishing-options.js';
import { RecentWrites } from './recent-writes.js';
import { RegionComparison } from './region-comparison.js';
import { isLeftOut, LeftOutApps } from './left-out-apps.js';
import { VerificationClaims } from './verification-claims.js';

/** Any name will do: it is only read, and a stream that is missing is an answer, too. */
const NO_APP = 'none';

/** Brings the feed of one region to what the database says, app by app. */
export class RegionPublisher {
  /** What this instance verifies; it is compared in its turn. */
  readonly claims: VerificationClaims;
  private readonly queue: AppQueue;
  private readonly failing: FailingApps;
  private readonly leftOut: LeftOutApps;
  private readonly written: RecentWrites;
  private readonly comparison: RegionComparison;
  private stopped = false;
  private asking = false;
  private readonly failures: FailureLog;

  constructor(
    readonly feed: LimitedFeed,
    store: AppStore,
    epoch: Epoch,
    private readonly clock: Clock,
    log: ApiLog,
    timing: PublishingTiming,
    private readonly metrics: PublishingMetrics,
  ) {
    metrics.begin(feed.region);
    this.failing = new FailingApps(clock);
    this.failures = new FailureLog(feed.region, log);
    this.leftOut = new LeftOutApps(feed.region, clock, log);
    this.claims = new VerificationClaims(feed.region, store);
    this.written = new RecentWrites(() => clock.elapsed());
    this.comparison = new RegionComparison(feed, store, epoch, this.written, clock, log, metrics);
    this.queue = new AppQueue((appName, nudged) => this.attempt(appName, nudged), timing, clock);
  }

  get region(): string {
    return this.feed.region;
  }

  /** Apps that are not known to be right. */
  get pending(): number {
    return this.queue.size;
  }

  /** Those of them that are not known to fail either. */
  get undecided(): number {
    return this.queue.undecided;
  }

  /** Apps of which the feed has ever had something, as far as was seen. */
  get known(): number {
    return this.comparison.known;
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
    if (this.leftOut.isDue(appName)) this.compare(appName);
  }

  /** How many that are claimed have not been tried: one that has failed is tried again by itself, however often. */
  get untriedClaims(): number {
    let count = 0;
    for (const appName of this.claims.open)
      if (this.failing.reasonOf(appName) === null && this.leftOut.reasonOf(appName) === null) count += 1;
    return count;
  }

  /**
   * What is not to be claimed for now: what is claimed already, as long as it is compared by itself. An app that is left
   * out is not, so it is claimed again after a while; until then somebody else may claim it who can publish it.
   */
  get unclaimable(): readonly string[] {
    return this.claims.open.filter((app) => this.leftOut.reasonOf(app) === null || !this.leftOut.isDue(app));
  }

  /**
   * Whether the stream of a deleted app has nothing more to tell than that, or nothing at all.
   * @throws {Error} when the feed can't be had
   */
  async isRetired(appName: string): Promise<boolean> {
    const newest = await this.feed.readNewest(appName);
    return newest === null || newest.deleted;
  }

  /**
   * Removes the stream of a deleted app, whose work is done.
   * @returns whether it is gone; one that has something else than a tombstone as the newest stays, or no message
   * @throws {Error} when the feed can't be had
   */
  async retire(appName: string): Promise<boolean> {
    return await this.feed.removeDeleted(appName);
  }

  /** The record of a deleted app is gone: what may be left of its stream goes, too. */
  forget(appName: string): void {
    this.comparison.forget(appName);
    this.compare(appName);
  }

  /**
   * Somebody has seen a later desired state of an app than the database has, or another one in its place: what the whole
   * stream holds decides.
   */
  async suspect(appName: string): Promise<void> {
    await this.comparison.readWhole(appName);
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

  /** Null when the feed can be used, else what is in the way. An app that can't be published is a problem of its own. */
  problem(): string | null {
    return this.feed.problem();
  }

  /** Why an app can't be published here; null when it can, also when it waits for its turn. */
  problemOf(appName: string): string | null {
    return this.problem() ?? this.failing.reasonOf(appName) ?? this.leftOut.reasonOf(appName);
  }

  /** Whether an app can't be published here, or could not within the last hour. */
  hasFailedLately(appName: string): boolean {
    return this.failing.hasFailedLately(appName);
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
      const outcome = await this.comparison.converge(appName);
      this.claims.compared(appName, began);
      if (!changed) this.metrics.compared(this.region, outcome);
      this.noteSuccess(appName);
      return true;
    } catch (error) {
      // Neither the feed nor another try can help, and no other app is concerned: the sweep takes it up again.
      if (isLeftOut(error)) {
        this.failing.succeeded(appName);
        this.leftOut.leaveOut(appName, error);
        return true;
      }
      if (!changed && !this.stopped) this.metrics.compared(this.region, 'failed');
      if (!this.stopped) this.noteFailure(appName, error);
      return false;
    }
  }

  /** Of a store that is away the store itself tells. */
  private noteFailure(appName: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.written.failed();
    this.failing.failed(appName, reason);
    if (error instanceof StoreUnavailableError) return;
    this.failures.failed(appName, reason, this.feed.problem() !== null);
  }

  private noteSuccess(appName: string): void {
    this.leftOut.takeBack(appName);
    if (this.failing.succeeded(appName) && this.failing.size === 0) this.failures.succeeded();
  }
}
