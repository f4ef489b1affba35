import { comparePositions, type DesiredStateMessage, type Position } from '@nebula/contracts';
import { redactText } from '@nebula/logging';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import type { ReadinessCheck } from '../api-options.js';
import { Clock } from '../clock.js';
import { ApiMetrics } from '../metrics/api-metrics.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import { Epoch, type EpochEvidence } from './epoch.js';
import { LimitedFeed } from './limited-feed.js';
import { DEFAULT_TIMING, PUBLISHING_OPTIONS, type PublishingOptions } from './publishing-options.js';
import { RegionPublisher } from './region-publisher.js';
import { Sweep } from './sweep.js';

/** What the feed of a region has of an app, as far as is known. */
export interface RegionState {
  region: string;
  /** What its stream was last found to have; null when nothing was published there yet. */
  epoch: number | null;
  revision: number | null;
  /** Why the app can't be published there at the moment, null when it can. */
  problem: string | null;
}

/** What is known of the name of an app that is to be created. */
interface BeforeCreation {
  /** The least that its record may get. */
  revision: number;
  /** Feeds that are ahead of the database. */
  ahead: EpochEvidence[];
  /** What workers have, when that is ahead of the feeds as well. */
  workersAhead?: Position;
}

/** So far beyond all that is known a worker's word is followed. A restore sets the epoch to its time in seconds. */
const LONGEST_LEAP = { revisions: 1_000_000, epochs: 1_000 };

/**
 * Brings what the database says into the feed of every region, and keeps it there. The database is the truth:
 * a write that was accepted is published sooner or later, whatever ends in between.
 */
@Injectable()
export class Publisher implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly regions: readonly RegionPublisher[];
  private readonly sweep: Sweep;
  private readonly creationLimitMs: number;
  private readonly endingLimitMs: number;

  constructor(
    @Inject(PUBLISHING_OPTIONS) options: PublishingOptions,
    private readonly store: AppStore,
    private readonly epoch: Epoch,
    private readonly clock: Clock,
    private readonly log: ApiLog,
    { publishing }: ApiMetrics,
  ) {
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.creationLimitMs = timing.creation;
    this.endingLimitMs = timing.ending;
    this.regions = options.feeds.map((feed) => {
      const limited = new LimitedFeed(feed, timing.feed_call, this.stopping.signal);
      return new RegionPublisher(limited, store, epoch, clock, log, timing, publishing);
    });
    const names = this.regions.map(({ region }) => region);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new Error(`two feeds serve the region ${JSON.stringify(twice)}`);
    this.sweep = new Sweep(this.regions, store, clock, log, options, timing.sweep);
    epoch.onRaised(() => this.sweep.soon());
  }

  onApplicationBootstrap(): void {
    this.sweep.start();
  }

  /**
   * Publishes the last changes, as far as that is soon done, and nothing afterwards: requests have ended when this hook
   * runs, and the store is still open. What is not published then is behind, and published by others or at the next start.
   */
  async onApplicationShutdown(): Promise<void> {
    const swept = this.sweep.stop();
    await this.finish();
    this.stopping.abort(new Error('the publisher has stopped'));
    await swept;
    await Promise.all(this.regions.map((region) => region.stop()));
  }

  /** To be called with what was written after each accepted write of an app. Returns at once and never throws. */
  nudge(written: AppRecord): void {
    for (const region of this.regions) region.nudge(written);
  }

  /**
   * To be called before an app is created, be it for the first time or again: the revision that its record gets
   * at least. It is beyond whatever the database or any feed has ever seen of the name, even when the database
   * was restored and has lost it; then the epoch is raised, too. A feed that is away isn't waited for: its part is
   * compared later.
   *
   * @param held what workers have of it, when the database has no record
   * @throws {StoreUnavailableError} when the database is away
   */
  async prepareCreation(appName: string, held: Position | null = null): Promise<number> {
    const { revision, ahead, workersAhead } = await this.lookBeforeCreation(appName, held);
    for (const evidence of ahead) await this.epoch.raiseAbove(evidence);
    if (workersAhead) await this.epoch.raiseAboveWorkers(appName, workersAhead);
    return revision;
  }

  /** The revision that `prepareCreation` would answer now; nothing is raised. */
  async foreseeCreation(appName: string, held: Position | null): Promise<number> {
    return (await this.lookBeforeCreation(appName, held)).revision;
  }

  /**
   * To be called when a worker tells of a later desired state of an app than the database has, or may have another one
   * of that position. Its word isn't enough, since a stolen worker could say anything: every stream is read as a whole, and what it holds decides
   * whether the database was restored. Never throws.
   */
  async suspect(appName: string): Promise<void> {
    await Promise.all(
      this.regions.map(async (each) => {
        try {
          await each.suspect(appName);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.log.warn('a stream could not be read as a whole', {
            region: each.region,
            app: appName,
            reason,
          });
        }
      }),
    );
  }

  /** The latest of the newest messages of an app in the feeds, null when there is none; a feed that is away has none. */
  async newest(appName: string): Promise<DesiredStateMessage | null> {
    const found = await Promise.all(this.regions.map((region) => this.newestIn(region, appName)));
    const messages = found.flatMap(({ newest }) => newest ?? []);
    return messages.sort(comparePositions).at(-1) ?? null;
  }

  /** Names of the regions, each of which has a feed. */
  get regionNames(): string[] {
    return this.regions.map(({ region }) => region);
  }

  /** The feeds, to be looked at and not written to. */
  get feeds(): Pick<LimitedFeed, 'region' | 'problem' | 'lacksRoom' | 'examine' | 'readNewest'>[] {
    return this.regions.map(({ feed }) => feed);
  }

  /** Whether nothing is under way, and nothing is to be done before the next write or look at the database. */
  rests(): boolean {
    return this.sweep.rests && this.regions.every(({ pending }) => pending === 0);
  }

  /** A check of readiness for each feed; `problem` answers null when it serves. */
  readinessChecks(): ReadinessCheck[] {
    return this.regions.map((each) => ({
      ...{ name: `feed ${each.region}`, region: each.region },
      problem: async () => each.problem(),
    }));
  }

  /** What each region has of an app, in the order in which they are configured. */
  regionsOf({ app_name, published }: Pick<AppRecord, 'app_name' | 'published'>): RegionState[] {
    return this.regions.map((each) => {
      const { region } = each;
      const { epoch, revision } = published[region] ?? { epoch: null, revision: null };
      const problem = each.problemOf(app_name);
      // Drivers word some of them.
      return { region, epoch, revision, problem: problem === null ? null : redactText(problem) };
    });
  }

  private async finish(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.endingLimitMs);
    });
    await Promise.race([limit, Promise.all(this.regions.map((region) => region.finish()))]);
    clearTimeout(timer);
  }

  private async lookBeforeCreation(appName: string, held: Position | null): Promise<BeforeCreation> {
    const found = await Promise.all(this.regions.map((region) => this.newestIn(region, appName)));
    const record = await this.store.get(appName);
    // A stream goes with the record of a deleted app, but whoever has seen either may have kept its revision.
    const stored = record?.revision ?? (await this.store.highestPurged());
    const newest = found.flatMap((each) => (each.newest ? [{ region: each.region, ...each.newest }] : []));
    if (newest.length === 0 && !held) return { revision: stored + 1, ahead: [] };
    const epoch = await this.epoch.current();
    const database = record && { epoch, revision: record.revision };
    const ahead = newest
      .filter((message) => message.epoch > epoch)
      .map((message) => ({ region: message.region, app: appName, feed: positionOf(message), database }));
    const known = {
      epoch: Math.max(epoch, ...ahead.map(({ feed }) => feed.epoch + 1)),
      revision: Math.max(stored, ...newest.map(({ revision }) => revision)),
    };
    if (!held || !this.isBelievable(held, known)) return { revision: known.revision + 1, ahead };
    const revision = Math.max(known.revision, held.revision) + 1;
    return { revision, ahead, ...(held.epoch > known.epoch ? { workersAhead: held } : {}) };
  }

  /** Streams may have been lost as well, and workers can lie: what is far from everything that is known is left out. */
  private isBelievable(held: Position, known: Position): boolean {
    const farthest = Math.max(known.epoch + LONGEST_LEAP.epochs, Math.floor(this.clock.now() / 1_000));
    return held.epoch <= farthest && held.revision <= known.revision + LONGEST_LEAP.revisions;
  }

  private async newestIn(
    { region, feed }: RegionPublisher,
    appName: string,
  ): Promise<{ region: string; newest: DesiredStateMessage | null }> {
    try {
      // A feed that is known to be away delays nobody.
      const away = feed.problem() !== null;
      return { region, newest: away ? null : await feed.readNewest(appName, this.creationLimitMs) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.warn('a feed could not be asked about the name of an app', {
        region,
        app: appName,
        reason,
      });
      return { region, newest: null };
    }
  }
}

function positionOf({ epoch, revision }: Position): Position {
  return { epoch, revision };
}
