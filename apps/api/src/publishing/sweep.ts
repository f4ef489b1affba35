import { RareLog } from '@nebula/messaging';
import type { ApiLog } from '../api-log.js';
import { ClockJumps } from '../clock-jumps.js';
import { type Clock, instant } from '../clock.js';
import {
  type AppStore,
  type PublishedMark,
  StoreUnavailableError,
  type Tombstone,
  type VerificationClaim,
} from '../store/app-store.js';
import { Alarm } from './alarm.js';
import { LATELY_MS } from './failing-apps.js';
import { CALM_MS } from './failure-log.js';
import type { PublishingOptions } from './publishing-options.js';
import type { RegionPublisher } from './region-publisher.js';

/** So many apps are asked of the database at a time, beside those that are being worked on. */
const BATCH = 500;
const PURGE_INTERVAL_MS = 3_600_000;
/**
 * So many claimed apps may wait for their comparison at a time: about as many as are compared before the claims end. Who
 * has more leaves the rest to others. Those that fail stay claimed, and mustn't be in the way of all others.
 */
const CLAIMED_AT_ONCE = 2_000;
/** A claim ends after this part of the interval, and after so long at most: as much later others come to it. */
const CLAIM_PART = 0.1;
const LONGEST_CLAIM_MS = 30_000;
/** No claim ends later than this, and nothing is noted for later, unless a clock is ahead of this one by half of it. */
const LATEST_MS = 2 * LONGEST_CLAIM_MS;
/** What was compared is noted by the next look. So many pauses is a claim long at least, of which chance leaves half. */
const CLAIM_PAUSES = 3;
/**
 * So long after the last trouble with a feed no tombstone is forgotten: one that could not be published in all its time
 * has to be there for workers that had no broker either, and come back spread over minutes. So long after a jump of the
 * wall clock, which tells their age, it is the same: one that was set wrong is mostly right again by then.
 */
const QUIET_BEFORE_PURGE_MS = LATELY_MS;
/** So many tombstones are forgotten in one look at the database. */
const PURGED_AT_ONCE = 50;
const DAY_MS = 86_400_000;

/** What is due for verification, by what is noted of it. */
type Due = Pick<VerificationClaim, 'after' | 'before'>;

/** Looks at the database at intervals for what has to be published, verified or forgotten. */
export class Sweep {
  private readonly alarm = new Alarm();
  private running: Promise<void> | null = null;
  private looking = true;
  private stopped = false;
  /** Times of this are by a monotonic clock, milliseconds. */
  private startedAt = 0;
  private purgedAt = Number.NEGATIVE_INFINITY;
  /** When a feed or the clock was last known to be in trouble, or may have been. */
  private troubledAt = 0;
  private readonly jumps: ClockJumps;
  /** How much each has left of its first share since the start, which is larger; all of it when absent. */
  private readonly firstShares = new Map<RegionPublisher, number>();
  private readonly told = new RareLog();

  constructor(
    private readonly regions: readonly RegionPublisher[],
    private readonly store: AppStore,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    private readonly options: PublishingOptions,
    /** Between two looks, unless verification asks for more. */
    private readonly longestPauseMs: number,
  ) {
    this.jumps = new ClockJumps(clock);
  }

  start(): void {
    this.startedAt = this.clock.elapsed();
    this.troubledAt = this.startedAt;
    this.running = this.run();
  }

  /** Looks at once. */
  soon(): void {
    this.alarm.ring();
  }

  /** Whether it waits for the next look. */
  get rests(): boolean {
    return !this.looking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.alarm.ring();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.looking = true;
      try {
        await this.look();
        this.told.clear(CALM_MS);
      } catch (error) {
        this.noteFailure(error);
      }
      this.looking = false;
      await this.alarm.wait(this.pauseMs);
    }
  }

  private async look(): Promise<void> {
    this.noteJump();
    if (this.regions.some((region) => region.problem() !== null)) this.troubledAt = this.clock.elapsed();
    const epoch = await this.store.epoch();
    for (const region of this.regions) {
      region.askAgain();
      await region.claims.note();
      await this.compareBehind(region, epoch);
      await this.verifyDue(region);
    }
    // A restored database may hold tombstones of apps that live, so they have to be compared before they go.
    if (this.regions.every(({ undecided }) => undecided === 0)) await this.purge();
    // While two clocks differ there is always something misdated, which may not keep tombstones for good.
    for (const region of this.regions) await this.verifyShare(region);
  }

  /**
   * Takes up all that is behind. Each question asks for more than the one before, since what was taken up, waits or
   * can't be published is still behind and mustn't hide the rest.
   */
  private async compareBehind(region: RegionPublisher, epoch: number): Promise<void> {
    for (let limit = BATCH + region.pending; !this.stopped; limit += BATCH) {
      const behind = await this.store.behind(region.region, epoch, limit);
      for (const appName of behind) region.compareBehind(appName);
      if (behind.length < limit) return;
    }
  }

  /**
   * Takes up what would not be verified for a whole interval until the next look, or was not since this instance
   * started: the database may have been restored while it was down.
   */
  private async verifyDue(region: RegionPublisher): Promise<void> {
    const sinceStart = this.clock.elapsed() - this.startedAt;
    const due = this.dueAfter(Math.min(sinceStart, this.verifyIntervalMs - this.pauseMs));
    while (!this.stopped && (await this.claim(region, due, BATCH)) === BATCH);
  }

  /**
   * Takes up some of what isn't due: as many as have to be in each look if all are to be in an interval. First what a
   * clock that was ahead has claimed or noted for a time that is still to come: nobody would until then. While two clocks
   * differ, each does what the other has done, and this is what bounds it. Then what is half way there, so that what
   * began together is spread over the interval. Before its first share an instance knows of no app, or of few, so it takes
   * as many as it can then, as soon as there is room for them.
   */
  private async verifyShare(region: RegionPublisher): Promise<void> {
    const latest = this.clock.now() + LATEST_MS;
    const claimed = { after: Number.MIN_SAFE_INTEGER, before: -latest };
    const noted = { after: latest, before: Number.MAX_SAFE_INTEGER };
    const first = this.firstShares.get(region) ?? CLAIMED_AT_ONCE;
    const share = Math.min(Math.max(first, this.shareOf(region)), this.roomOf(region));
    let left = share;
    for (const due of [claimed, noted, this.dueAfter(this.verifyIntervalMs / 2)])
      if (left > 0) left -= await this.claim(region, due, left);
    // Who was given less than there was room for has all that there is, but for what others have claimed.
    const isAll = left > 0 && this.roomOf(region) > 0;
    this.firstShares.set(region, isAll ? 0 : Math.max(0, first - (share - left)));
  }

  private shareOf(region: RegionPublisher): number {
    const share = Math.ceil((region.known * this.pauseMs) / this.verifyIntervalMs);
    return Math.min(BATCH, Math.max(1, share));
  }

  /** Who doesn't have the feed leaves all to others, and takes up what is due then when it has it again. */
  private roomOf(region: RegionPublisher): number {
    return region.feed.problem() === null ? Math.max(0, CLAIMED_AT_ONCE - region.untriedClaims) : 0;
  }

  /** What was verified longer ago than this, and what somebody has claimed in vain. */
  private dueAfter(milliseconds: number): Due {
    const now = this.clock.now();
    return { after: -now, before: now - milliseconds };
  }

  private async claim(region: RegionPublisher, due: Due, limit: number): Promise<number> {
    const except = region.unclaimable;
    const room = this.roomOf(region);
    if (room === 0) return 0;
    // By chance, so that an instance that starts again and again doesn't come at the ends of its own claims.
    const until = this.clock.now() + Math.ceil(this.claimMs * (0.5 + this.clock.random() / 2));
    const claim = { ...due, until, limit: Math.min(limit, room), except };
    const claimed = await this.store.claimVerification(region.region, claim);
    for (const appName of claimed) region.verify(appName);
    return claimed.length;
  }

  private get verifyIntervalMs(): number {
    return this.options.verify_interval_seconds * 1_000;
  }

  private get claimMs(): number {
    const least = this.pauseMs * CLAIM_PAUSES;
    return Math.min(LONGEST_CLAIM_MS, Math.max(least, this.verifyIntervalMs * CLAIM_PART));
  }

  /** An interval has two looks at least. */
  private get pauseMs(): number {
    return Math.min(this.longestPauseMs, this.verifyIntervalMs / 2);
  }

  private noteJump(): void {
    if (this.jumps.look()) this.troubledAt = this.clock.elapsed();
  }

  private async purge(): Promise<void> {
    // It may have been while this look waited for the database.
    this.noteJump();
    const elapsed = this.clock.elapsed();
    const isQuiet = elapsed - this.troubledAt >= QUIET_BEFORE_PURGE_MS;
    if (!isQuiet || elapsed - this.purgedAt < PURGE_INTERVAL_MS) return;
    const keptSince = this.clock.now() - this.options.tombstone_retention_days * DAY_MS;
    const epoch = await this.store.epoch();
    const old = await this.store.oldTombstones(instant(keptSince));
    const hasFailed = ({ app_name }: Tombstone) =>
      this.regions.some((each) => each.hasFailedLately(app_name));
    const due = old.filter((each) => this.isEverywhere(each, epoch, keptSince) && !hasFailed(each));
    // Nothing else is looked for meanwhile, so the rest is left to the next look.
    if (due.length <= PURGED_AT_ONCE) this.purgedAt = elapsed;
    const apps: string[] = [];
    for (const tombstone of due.slice(0, PURGED_AT_ONCE)) {
      if (this.stopped) break;
      const outcome = await this.forget(tombstone);
      if (outcome === 'forgotten') apps.push(tombstone.app_name);
      if (outcome !== 'failed') continue;
      this.purgedAt = elapsed;
      break;
    }
    if (apps.length > 0)
      this.log.info('tombstones of deleted apps are forgotten, and their streams removed', { apps });
  }

  /**
   * Whether every region has this tombstone, as far as anybody knows. A region that this api doesn't know is one that
   * another api publishes to, whose business its stream is; but one that nobody has looked at for as long as a tombstone
   * is kept was taken away.
   */
  private isEverywhere({ revision, published }: Tombstone, epoch: number, keptSince: number): boolean {
    const own = this.regions.map(({ region }) => region);
    const isThere = (mark: PublishedMark | undefined) => mark?.epoch === epoch && mark.revision === revision;
    const isElsewhere = Object.entries(published).some(
      ([region, { verified_at }]) => !own.includes(region) && Math.abs(verified_at) >= keptSince,
    );
    return !isElsewhere && own.every((region) => isThere(published[region]));
  }

  /**
   * The streams go first: as long as there is a record, whatever ends or fails in between, they are found again. What a
   * comparison by another instance has put back meanwhile goes after it. No stream goes before all feeds have answered:
   * what one that is away keeps would be put back in the others.
   * @returns `kept` where something else than a tombstone is in a feed, `failed` when a feed can't be had
   */
  private async forget(tombstone: Tombstone): Promise<'forgotten' | 'kept' | 'failed'> {
    const { app_name } = tombstone;
    let outcome: 'forgotten' | 'kept' | 'failed' = 'kept';
    try {
      const ready = await Promise.all(this.regions.map((region) => region.isRetired(app_name)));
      if (ready.every((isReady) => isReady)) {
        let isGone = true;
        for (const region of this.regions) isGone = (await region.retire(app_name)) && isGone;
        if (isGone && (await this.store.purge(tombstone))) outcome = 'forgotten';
      }
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      const fields = { app: app_name, reason };
      this.log.warn('the stream of a deleted app could not be removed; this is tried again', fields);
      outcome = 'failed';
    }
    for (const region of this.regions) {
      if (outcome === 'forgotten') region.forget(app_name);
      else region.compare(app_name);
    }
    return outcome;
  }

  /** Of a store that is away the store itself tells. */
  private noteFailure(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const text = 'the database could not be searched for what has to be published';
    if (error instanceof StoreUnavailableError) this.log.debug(text, { reason });
    else this.told.say(reason, (held) => this.log.warn(text, { reason, ...(held > 0 ? { held } : {}) }));
  }
}
