import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock, instant } from '../clock.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import { FleetReader } from '../workers/fleet-reader.js';
import { Listening } from '../workers/listening.js';
import { News } from '../workers/news.js';
import { type CountedApp, countedApp, newsOf } from './counted-app.js';
import { type AppEvent, EventLog } from './event-log.js';

/** So many of the newest events are kept for clients that come back. */
const KEPT = 1_000;

/** The store is looked at so often while somebody listens, milliseconds. */
const LOOK_EVERY_MS = 1_000;

/** So long it goes on for clients that come back, milliseconds. */
const LINGER_MS = 60_000;

/**
 * Changes are looked for so far back, milliseconds: they are ordered by the clocks of the instances that made them,
 * which may differ by less than this.
 */
const OVERLAP_MS = 30_000;

/** Most changes that are read at once. */
const PAGE = 200;

/** Most apps whose workers are counted in one look, of those of which something is known to have happened. */
const COUNTED = 50;

/** And of all others, one after the other, as workers that other instances heard, or that fell silent. */
const COUNTED_OF_OTHERS = 5;

/** Of an app of which nothing is known to have happened, what was read for somebody else will do. */
const ANY_TIME = Number.NEGATIVE_INFINITY;

interface Known {
  /** Of the change that was noted last; null before the first. A count sets none: it may have read one that is not told. */
  position: string | null;
  counted: CountedApp | null;
}

/**
 * Finds out what happens to apps by looking at the store, where all instances write, and tells it as events. It
 * looks only while somebody listens or has just done so.
 */
@Injectable()
export class Watcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly log = new EventLog(KEPT);
  private readonly known = new Map<string, Known>();
  private readonly moving = new Set<string>();
  private readonly watched = new Map<string, number>();
  private readonly ending = new AbortController();
  private unfollow = () => {};
  private working: Promise<void> | null = null;
  private ready: Promise<void> = Promise.resolve();
  private watchers = 0;
  private leftAt = 0;
  private from: string | null = null;
  private epoch: number | null = null;
  private others: string | undefined;

  constructor(
    private readonly apps: AppStore,
    private readonly fleet: FleetReader,
    private readonly listening: Listening,
    private readonly news: News,
    private readonly clock: Clock,
    private readonly apiLog: ApiLog,
  ) {}

  onApplicationBootstrap(): void {
    this.unfollow = this.news.follow((apps) => {
      if (this.working) for (const app of apps) this.moving.add(app);
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    this.unfollow();
    await this.working;
  }

  /** Looks from now on, and oftener at one app when it is given. Answers how to end that. */
  watch(app?: string): () => void {
    if (app !== undefined) this.watched.set(app, (this.watched.get(app) ?? 0) + 1);
    this.watchers += 1;
    if (!this.working) this.begin();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.watchers -= 1;
      this.leftAt = this.clock.now();
      if (app === undefined) return;
      const left = (this.watched.get(app) ?? 1) - 1;
      if (left > 0) this.watched.set(app, left);
      else this.watched.delete(app);
    };
  }

  /**
   * Resolves when it is known how all is, so that what happens from then on is seen.
   * @throws {StoreUnavailableError} when the store is away
   */
  async begun(): Promise<void> {
    await this.ready;
  }

  /**
   * All apps that have changed since then, or the one that is given, as events that one client alone gets; some at a time,
   * and the next ones are read when they are asked for.
   */
  async *changesSince(at: number, app: string | null): AsyncGenerator<AppEvent[]> {
    const epoch = await this.apps.epoch();
    const since = instant(Math.max(0, at - OVERLAP_MS));
    if (app === null) {
      for await (const page of this.changed(since)) yield page.map((record) => appEvent(record, epoch));
      return;
    }
    const record = await this.apps.get(app);
    if (record && record.updated_at >= since) yield [appEvent(record, epoch)];
  }

  /**
   * How the workers of an app are; null when there is no such app.
   * @param notBefore by the monotonic clock, milliseconds: an answer from before is none
   */
  async counted(appName: string, notBefore = performance.now()): Promise<CountedApp | null> {
    const record = await this.apps.get(appName);
    if (!record) return null;
    const { revision, deleted } = record;
    const position = { epoch: await this.apps.epoch(), revision };
    const view = { app_name: appName, position, deleted, silence: this.listening.silence() };
    return countedApp(appName, position, (await this.fleet.overview(view, notBefore)).value);
  }

  private begin(): void {
    // What was known before may be old news by now.
    this.log.interrupt();
    this.from = null;
    this.epoch = null;
    this.known.clear();
    this.moving.clear();
    this.ready = this.look();
    this.working = this.work(this.ready).finally(() => {
      this.working = null;
    });
  }

  private async work(first: Promise<void>): Promise<void> {
    const { signal } = this.ending;
    try {
      await first;
    } catch {
      // Whoever waits for it is told; the next one tries again.
      return;
    }
    while (!signal.aborted && (this.watchers > 0 || this.clock.now() - this.leftAt < LINGER_MS)) {
      await this.news.next(LOOK_EVERY_MS, signal);
      const begun = performance.now();
      try {
        await this.look();
      } catch (error) {
        this.apiLog.debug('the store can not be looked at for events', { reason: String(error) });
      }
      // Of a slow store at least half of the time is for others.
      await sleep(performance.now() - begun, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    await this.lookForChanges();
    const counted = new Set([...this.watched.keys(), ...[...this.moving].slice(0, COUNTED)]);
    const { items, next_after } = await this.apps.list({
      limit: COUNTED_OF_OTHERS,
      ...(this.others === undefined ? {} : { after: this.others }),
    });
    this.others = next_after ?? undefined;
    for (const app of counted) await this.count(app, true);
    for (const { app_name } of items) if (!counted.has(app_name)) await this.count(app_name, false);
  }

  private async lookForChanges(): Promise<void> {
    const started = this.clock.now();
    const isFirst = this.from === null;
    const from = this.from ?? instant(started - OVERLAP_MS);
    const epoch = await this.apps.epoch();
    this.noteEpoch(epoch);
    for await (const records of this.changed(from))
      for (const record of records) this.noteChange(record, epoch, isFirst);
    this.from = instant(started - OVERLAP_MS);
    this.log.looked(started);
  }

  /** Records that have changed since then, some at a time. */
  private async *changed(since: string): AsyncGenerator<AppRecord[]> {
    for (let from = { updated_at: since, app_name: '' }; ; ) {
      const records = await this.apps.changedSince(from, PAGE);
      yield records;
      const last = records.at(-1);
      if (!last || records.length < PAGE) return;
      from = { updated_at: last.updated_at, app_name: last.app_name };
    }
  }

  /** Another epoch is that of a restored database, which has apps as they were before; their times don't tell. */
  private noteEpoch(epoch: number): void {
    const isAnother = this.epoch !== null && this.epoch !== epoch;
    this.epoch = epoch;
    if (!isAnother) return;
    this.log.interrupt();
    this.known.clear();
    this.log.append({ type: 'reset', data: {} }, this.clock.now());
  }

  /** What was there already when the first client came is no news. */
  private noteChange(record: AppRecord, epoch: number, isOld: boolean): void {
    const { app_name, revision } = record;
    const position = `${epoch}:${revision}`;
    const before = this.known.get(app_name);
    if (before?.position === position) return;
    this.known.set(app_name, { position, counted: before?.counted ?? null });
    this.moving.add(app_name);
    if (!isOld) this.log.append(appEvent(record, epoch), this.clock.now());
  }

  private async count(app: string, isKnownToMove: boolean): Promise<void> {
    // Before the look: what happens during it makes another one.
    this.moving.delete(app);
    const counted = await this.counted(app, isKnownToMove ? undefined : ANY_TIME).catch((error: unknown) => {
      this.moving.add(app);
      throw error;
    });
    if (!counted) return;
    const before = this.known.get(app) ?? { position: null, counted: null };
    this.known.set(app, { position: before.position, counted });
    if (counted.convergence.data.summary.converging > 0) this.moving.add(app);
    for (const event of newsOf(before.counted, counted, isKnownToMove))
      this.log.append(event, this.clock.now());
  }
}

function appEvent({ app_name, revision, deleted, spec, updated_at }: AppRecord, epoch: number): AppEvent {
  const running = spec?.running ?? false;
  return { type: 'app', data: { app_name, epoch, revision, deleted, running, updated_at } };
}
