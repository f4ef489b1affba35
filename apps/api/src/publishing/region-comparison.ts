import { comparePositions, type DesiredStateMessage, type Position } from '@nebula/contracts';
import { SilentStreamError } from '@nebula/messaging';
import type { ApiLog } from '../api-log.js';
import type { Clock } from '../clock.js';
import type { PublishingMetrics, VerificationOutcome } from '../metrics/publishing-metrics.js';
import type { AppRecord, AppStore } from '../store/app-store.js';
import { desiredStateMessage, requireReadable } from './desired-state-message.js';
import type { Epoch } from './epoch.js';
import type { LimitedFeed } from './limited-feed.js';
import type { RecentWrites } from './recent-writes.js';
import { SeenInFeed, type SeenState } from './seen-in-feed.js';

/** Changes whose request has brought the spec that was written, and had it checked. */
const GIVEN: ReadonlySet<AppRecord['change']> = new Set(['created', 'changed', 'rolled back']);

/** Compares what the feed of one region has of an app with what the database says, and appends what it lacks. */
export class RegionComparison {
  private readonly seen = new SeenInFeed();
  /** Deleted apps of which there is no record any more, and whose stream is still to go. */
  private readonly forgotten = new Set<string>();
  /** How often in a row nothing came of what the stream of an app is said to hold. */
  private readonly silences = new Map<string, number>();
  /** By a monotonic clock, milliseconds. */
  private readonly startedAt: number;

  constructor(
    private readonly feed: LimitedFeed,
    private readonly store: AppStore,
    private readonly epoch: Epoch,
    /** What was just written is appended before anything is compared. */
    private readonly written: RecentWrites,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    private readonly metrics: PublishingMetrics,
  ) {
    this.startedAt = clock.elapsed();
  }

  /** Apps of which the feed has ever had something, as far as was seen. */
  get known(): number {
    return this.seen.size;
  }

  /** The record of a deleted app is gone: its next comparison removes what may be left of its stream. */
  forget(appName: string): void {
    this.forgotten.add(appName);
  }

  /**
   * Takes all that the stream of an app holds into account from now on, and not its end alone.
   * @throws {Error} when the feed can't be had
   */
  async readWhole(appName: string): Promise<void> {
    for (const message of await this.feed.readHighest(appName)) this.seen.note(appName, message);
  }

  /**
   * Compares feed and database until they are the same, since a confirmation proves nothing and another instance
   * may append an older message behind a newer one. The feed is read first: it then can't be ahead of a database
   * that was only ever written to. A change that is beyond all that was seen of the feed is appended before that,
   * so that it doesn't wait for a reading. Whatever else is compared asks the feed first, so that the database is
   * left alone while the feed is away.
   * @returns what it came to
   * @throws {SecretsUnreadableError} when the app's message can't be made
   * @throws {UnknownFieldsError} likewise
   * @throws {Error} when feed or store can't be had, or the feed lacks what it has confirmed
   */
  async converge(appName: string): Promise<VerificationOutcome> {
    let outcome: VerificationOutcome = 'right';
    const written = this.written.take(appName);
    let confirmed = written ? await this.publishUnseen(written) : null;
    for (;;) {
      const newest = await this.readNewest(appName, confirmed !== null);
      const highest = this.seen.note(appName, newest);
      const { record, epoch } = await this.fromDatabase(appName);
      if (!record) {
        if (await this.removeForgotten(appName)) continue;
        return outcome;
      }
      const wanted = desiredStateMessage(record, epoch);
      // Another place in the order proves nothing of what this version can't say itself.
      if (!newest || !isSame(newest, wanted)) requireReadable(wanted);
      if (highest && !isBehindOrSame(highest, wanted)) {
        await this.raiseEpoch(highest, wanted);
        outcome = 'ahead';
        continue;
      }
      if (newest && isSame(newest, wanted)) {
        await this.mark(record, wanted);
        return outcome;
      }
      if (confirmed && isSame(confirmed, wanted)) {
        this.feed.distrust(appName);
        throw new Error('the feed lacks what it has confirmed');
      }
      if (outcome === 'right') outcome = this.isLoss(record, wanted) ? 'lost' : 'published';
      if (!confirmed && !this.silences.has(appName)) this.noteLoss(record, wanted);
      await this.publish(wanted);
      confirmed = wanted;
    }
  }

  /**
   * The newest of an app in the feed. One that is silent is taken for empty the second, fourth, eighth time in a row, and so
   * on: one that is hollow would stay so until something is appended, and to one that is only slow that does no harm, as
   * the same state twice is one, and a lower one changes nothing at the workers; but it is work for a feed that is slow.
   *
   * @param appended just now, of which the silence tells nothing
   */
  private async readNewest(appName: string, appended: boolean): Promise<DesiredStateMessage | null> {
    try {
      const newest = await this.feed.readNewest(appName);
      this.silences.delete(appName);
      return newest;
    } catch (error) {
      if (!(error instanceof SilentStreamError)) throw error;
      const silences = (this.silences.get(appName) ?? 0) + 1;
      this.silences.set(appName, silences);
      if (appended || silences < 2 || !Number.isInteger(Math.log2(silences))) throw error;
      return null;
    }
  }

  /** Whether the stream is gone now; an app of that name that was created meanwhile has to be published then. */
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
    if (!GIVEN.has(written.change)) requireReadable(wanted);
    await this.publish(wanted);
    return wanted;
  }

  private async publish(message: DesiredStateMessage): Promise<void> {
    const began = this.clock.elapsed();
    try {
      await this.feed.publish(message);
    } catch (error) {
      this.metrics.notConfirmed(this.feed.region);
      throw error;
    }
    this.metrics.confirmed(this.feed.region, (this.clock.elapsed() - began) / 1_000);
  }

  /** Two calls at the same time. An epoch that is raised between them makes everything behind, this too. */
  private async fromDatabase(appName: string): Promise<{ record: AppRecord | null; epoch: number }> {
    const [record, epoch] = await Promise.all([this.store.get(appName), this.epoch.current()]);
    return { record, epoch };
  }

  private async mark(record: AppRecord, { epoch, revision }: DesiredStateMessage): Promise<void> {
    const known = record.published[this.feed.region];
    if (known?.epoch === epoch && known.revision === revision) return;
    const now = this.clock.now();
    const mark = { epoch, revision, verified_at: now };
    await this.store.markPublished(record.app_name, this.feed.region, mark);
    // Under a higher epoch everything arrives once more, whenever it was changed.
    if (known?.revision === revision) return;
    const took = now - Date.parse(record.updated_at);
    // The region may be new, or the database restored: the app has not waited since its last change.
    if (!known && took > this.clock.elapsed() - this.startedAt) return;
    this.metrics.arrived(this.feed.region, Math.max(0, took) / 1_000);
  }

  private async raiseEpoch(found: Position, wanted: DesiredStateMessage): Promise<void> {
    await this.epoch.raiseAbove({
      region: this.feed.region,
      app: wanted.app_name,
      feed: { epoch: found.epoch, revision: found.revision },
      database: { epoch: wanted.epoch, revision: wanted.revision },
    });
  }

  /** Whether the feed is known to have had this. */
  private isLoss({ published }: AppRecord, { epoch, revision }: DesiredStateMessage): boolean {
    const mark = published[this.feed.region];
    return mark?.epoch === epoch && mark.revision === revision;
  }

  private noteLoss(record: AppRecord, wanted: DesiredStateMessage): void {
    if (!this.isLoss(record, wanted)) return;
    this.log.warn('the feed has lost the newest desired state of an app; it is published again', {
      region: this.feed.region,
      app: record.app_name,
    });
  }
}

function isSame(found: SeenState, wanted: SeenState): boolean {
  return comparePositions(found, wanted) === 0 && found.digest === wanted.digest;
}

function isBehindOrSame(found: SeenState, wanted: SeenState): boolean {
  return comparePositions(found, wanted) < 0 || isSame(found, wanted);
}
