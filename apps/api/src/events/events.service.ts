import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Caller, maySee } from '../access/caller.js';
import { TokenCheck } from '../access/token-check.js';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { EventStream } from '../http/event-stream.js';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { hasFailed } from './counted-app.js';
import type { AppEvent, FleetEvent } from './event-log.js';
import { Watcher } from './watcher.js';

/** So many clients may listen to one instance. */
const MOST_STREAMS = 1_000;

/** So many of them one login may have, so that none takes the places of all others. */
const MOST_OF_A_CALLER = 50;

/** So often it is looked whether those who listen still may, milliseconds. */
const LOOK_AT_CALLERS_MS = 2_000;

/** So many of them are looked up at once: with a slow store the last one is reached in time, and others are not kept out. */
const LOOKED_UP_AT_ONCE = 8;

/** Gives each client the events that it asks for, from where it was. */
@Injectable()
export class EventsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** With whom each is for. */
  private readonly streams = new Map<EventStream, Caller>();
  /** Places that are taken, by caller: from before a stream is there until it has ended. */
  private readonly places = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly watcher: Watcher,
    private readonly tokens: TokenCheck,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  onApplicationBootstrap(): void {
    // One at a time: with a slow store they would pile up.
    const look = () => {
      this.looking ??= this.endRefused().finally(() => {
        this.looking = null;
      });
    };
    this.timer = setInterval(look, LOOK_AT_CALLERS_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const stream of this.streams.keys()) stream.end();
  }

  /**
   * @param app events of this app alone
   * @param lastId what the client has seen; null when it is new
   * @param caller gets events of the apps that it may see, for as long as it would be let in
   * @throws {ProblemError} when too many listen already
   * @throws {StoreUnavailableError} when the store is away
   */
  async open(app: string | null, lastId: string | null, caller: Caller): Promise<EventStream> {
    const leave = this.takePlace(caller);
    const unwatch = this.watcher.watch(app ?? undefined);
    const end = () => {
      unwatch();
      leave();
    };
    try {
      await this.watcher.begun();
    } catch (error) {
      end();
      throw error;
    }
    return this.follow(end, app, lastId, caller);
  }

  /**
   * Before anything is waited for: else many could come at once.
   * @returns how to give it back
   */
  private takePlace({ kind, name, token }: Caller): () => void {
    const key = token ?? name;
    const all = [...this.places.values()].reduce((sum, count) => sum + count, 0);
    const own = this.places.get(key) ?? 0;
    if (all >= MOST_STREAMS) throw tooMany(`${MOST_STREAMS} clients listen to this api already`);
    // Where nobody is asked who they are, they can't be told apart.
    if (kind !== 'anyone' && own >= MOST_OF_A_CALLER)
      throw tooMany(`${name} listens to this api ${MOST_OF_A_CALLER} times already`);
    this.places.set(key, own + 1);
    return () => {
      const left = (this.places.get(key) ?? 0) - 1;
      if (left > 0) this.places.set(key, left);
      else this.places.delete(key);
    };
  }

  /** Ends the streams of those whose token was revoked, or has expired, since they came. Never throws. */
  private async endRefused(): Promise<void> {
    const asked = new Map<string, { caller: Caller; streams: EventStream[] }>();
    for (const [stream, caller] of this.streams) {
      if (caller.token === undefined) continue;
      const { streams } = asked.get(caller.token) ?? { streams: [] };
      asked.set(caller.token, { caller, streams: [...streams, stream] });
    }
    const left = asked.values();
    const lookOn = async () => {
      for (const { caller, streams } of left) {
        // While the store is away nothing is known, and there are no events either.
        const holds = await this.tokens.holds(caller).catch(() => true);
        if (!holds) for (const stream of streams) stream.cut();
      }
    };
    await Promise.all(Array.from({ length: LOOKED_UP_AT_ONCE }, lookOn));
  }

  private follow(end: () => void, app: string | null, lastId: string | null, caller: Caller): EventStream {
    const concerns = (event: FleetEvent) =>
      event.type === 'reset' ||
      ((app === null || event.data.app_name === app) && maySee(caller, event.data.app_name));
    /** What a client that is cut off before it was told all that it missed comes back with, so that it gets the rest. */
    let heldId: string | null = null;
    // On the same turn as the replay, so that nothing can come between.
    const unfollow = this.watcher.log.follow((event) => {
      if (concerns(event)) stream.send(heldId === null ? event : { ...event, id: heldId });
    });
    const stream: EventStream = new EventStream(() => {
      unfollow();
      end();
      this.streams.delete(stream);
    });
    this.streams.set(stream, caller);
    const { log } = this.watcher;
    const now = this.clock.now();
    const seen = lastId === null ? null : log.read(lastId);
    const missed = seen && log.after(seen);
    if (missed) {
      stream.send({ id: lastId ?? '', type: 'start', data: {} });
      stream.replay(missed.filter(concerns));
      return stream;
    }
    const id = log.newestId(now);
    heldId = seen && lastId;
    stream.send({ id: heldId ?? id, type: lastId === null ? 'start' : 'reset', data: {} });
    const ids = { before: heldId ?? id, after: id };
    const caughtUp = seen ? this.catchUp(stream, app, seen.at, ids, concerns) : Promise.resolve(true);
    void caughtUp.then(async (isThere) => {
      heldId = null;
      if (isThere) await this.tellConvergence(stream, app, id, concerns);
    });
    return stream;
  }

  /**
   * Of what happened meanwhile the outcome can be told, though not each event. The id of the last one says that all is told.
   * Never throws: who could not be told all is cut off, and comes back for it.
   * @returns whether the client is still there
   */
  private async catchUp(
    stream: EventStream,
    app: string | null,
    at: number,
    id: { before: string; after: string },
    concerns: (event: FleetEvent) => boolean,
  ): Promise<boolean> {
    try {
      let held: AppEvent | undefined;
      for await (const changes of this.watcher.changesSince(at, app)) {
        const told = [...(held ? [held] : []), ...changes.filter(concerns)];
        held = told.pop();
        stream.replay(told.map((event) => ({ ...event, id: id.before })));
        if (!(await stream.taken())) return false;
      }
      if (held) stream.replay([{ ...held, id: id.after }]);
      return true;
    } catch (error) {
      this.log.debug('a client could not be told what it missed', { reason: String(error) });
      stream.cut();
      return false;
    }
  }

  /** How the workers of an app are at the beginning, if it is known; else with the next look at them. Never throws. */
  private async tellConvergence(
    stream: EventStream,
    app: string | null,
    id: string,
    concerns: (event: FleetEvent) => boolean,
  ): Promise<void> {
    try {
      const counted = app === null ? null : await this.watcher.counted(app);
      if (!counted || !concerns(counted.convergence)) return;
      stream.send({ ...counted.convergence, id });
      if (hasFailed(counted.update)) stream.send({ ...counted.update, id });
    } catch (error) {
      this.log.debug('a client could not be told how the workers of an app are', { reason: String(error) });
    }
  }
}

function tooMany(who: string): ProblemError {
  return new ProblemError(PROBLEMS.tooManyStreams, {
    detail: `${who}; try another one, or later.`,
    headers: RETRY_LATER,
  });
}
