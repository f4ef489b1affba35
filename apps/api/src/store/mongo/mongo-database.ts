import { setTimeout as sleep } from 'node:timers/promises';
import mongoose, { type Connection, type Model, type Schema } from 'mongoose';
import { IncompatibleStoreError, StoreUnavailableError } from '../app-store.js';
import { OutageLog, type StoreLog } from '../outage-log.js';
import { IndexKeeper } from './index-keeper.js';
import { mongoName, openError, storeError } from './mongo-errors.js';
import {
  checkMongoUrl,
  clientOptions,
  MONGO_LIMITS,
  type MongoLimits,
  type MongoOptions,
} from './mongo-options.js';
import {
  beginRestore,
  endRestore,
  requireNewestSchema,
  requireSchema,
  requireWhole,
} from './schema-version.js';

/** So long a check waits, milliseconds. */
const CHECK_LIMIT_MS = 1_500;

/** So long after a look that has begun nobody looks again whether a backup is brought in, milliseconds. */
const LOOK_LASTS_MS = 1_000;

/**
 * One database of a MongoDB. It may be away at any time, at the start too: calls reject with
 * `StoreUnavailableError` within a bounded time until it is there, and what has to be set up is set up then.
 */
export class MongoDatabase {
  readonly indexes: IndexKeeper;
  private readonly connection: Connection;
  private readonly outage: OutageLog;
  private readonly name: string;
  private opening: Promise<unknown> | null = null;
  private opened = false;
  /** When the last look whether the database is whole, that found nothing, has begun. */
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | null = null;
  private restoring = false;
  private closing: Promise<void> | null = null;

  /**
   * @param use `asItIs` for one that notes no version and makes no index, and refuses a database of an older version
   * @throws {StoreUnavailableError} when the URL is none; it is not repeated, as it holds a password
   */
  constructor(
    private readonly options: MongoOptions,
    log: StoreLog,
    private readonly limits: MongoLimits = MONGO_LIMITS,
    private readonly use: { asItIs: boolean } = { asItIs: false },
  ) {
    checkMongoUrl(options);
    this.name = mongoName(options.url);
    this.outage = new OutageLog(log);
    this.connection = mongoose.createConnection();
    // Making an index is no call: it has its time, and what fails of it says nothing about others.
    const indexed = {
      reach: async () => {
        if (this.closing || use.asItIs) throw new StoreUnavailableError(`${this.name} gets no index`);
        await this.open();
      },
      reason: (error: unknown) => (this.closing ? null : storeError(this.name, error)),
    };
    this.indexes = new IndexKeeper(indexed, log);
  }

  /** Declares a collection. Called before anything else, once for each. */
  model<Document>(name: string, schema: Schema<Document>): Model<Document> {
    return this.connection.model<Document>(name, schema, name);
  }

  /**
   * Does what needs the database, within a bounded time.
   * @param limit of `MongoLimits`
   * @throws {StoreUnavailableError} when it is away
   */
  async run<T>(work: () => Promise<T>, limit: 'call' | 'reading' = 'call'): Promise<T> {
    return await this.limited(this.limits[limit], async (isLate) => {
      await this.open();
      // Nobody waits for it any more, and it could come at a time when nobody may write.
      if (isLate()) throw new StoreUnavailableError(`${this.name} was reached too late`);
      return await work();
    });
  }

  /**
   * Null when `work`, which changes nothing, can be done, else what is missing. That the time of a check was too short is no
   * reason that others should hear: whoever really works has more.
   * @param within the time of a call, or of a check, which is less than two seconds
   */
  async problem(work: () => Promise<unknown>, within: 'check' | 'call' = 'check'): Promise<string | null> {
    const known = this.outage.problem;
    const isCall = within === 'call';
    try {
      const look = async () => {
        await this.connected();
        // At the same time: what answers slowly has no time for one after the other.
        await Promise.all([this.whole(), work()]);
      };
      await this.limited(isCall ? this.limits.call : CHECK_LIMIT_MS, look, isCall);
      return null;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      // A reason says more than that time is up.
      return this.closing ? error.message : (known ?? error.message);
    }
  }

  /** Milliseconds since 1970 by the clock of the primary; null when it doesn't say. */
  async serverTime(): Promise<number | null> {
    const answer: Record<string, unknown> | undefined = await this.run(
      async () => await this.connection.db?.command({ hello: 1 }),
    );
    const time = answer?.['localTime'];
    return time instanceof Date ? time.getTime() : null;
  }

  /**
   * A backup is brought in: nobody else can use the database until `endRestore`, also when that never comes. Whoever has
   * it open looks before each call, unless he has just looked. So this resolves when a call that was begun after such a
   * look, at the last moment, has had all its time: then nobody else writes any more.
   */
  async beginRestore(): Promise<void> {
    await this.run(() => beginRestore(this.connection));
    this.restoring = true;
    await sleep(2 * LOOK_LASTS_MS + this.limits.call);
  }

  async endRestore(): Promise<void> {
    await this.run(() => endRestore(this.connection));
    this.restoring = false;
  }

  /** Ends all connections; a second call does nothing. */
  async close(): Promise<void> {
    this.closing ??= this.connection.destroy(true);
    await this.closing;
  }

  /** Removes the whole database. For tests. */
  async drop(): Promise<void> {
    await this.run(() => this.connection.dropDatabase());
  }

  /** @param tellsLate whether it is told as an outage when the time was too short */
  private async limited<T>(
    limitMs: number,
    work: (isLate: () => boolean) => Promise<T>,
    tellsLate = true,
  ): Promise<T> {
    if (this.closing) throw new StoreUnavailableError(`${this.name} is closed`);
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const late = new Promise<never>((_, reject) => {
      const error = new StoreUnavailableError(`${this.name} gave no answer within ${limitMs / 1000} s`);
      timer = setTimeout(() => {
        isLate = true;
        reject(error);
      }, limitMs);
    });
    try {
      const result = await Promise.race([work(() => isLate), late]);
      // Somebody may have put another database in its place meanwhile, without indexes.
      if (this.outage.problem !== null) this.indexes.forget();
      this.outage.succeeded();
      return result;
    } catch (error) {
      if (this.closing) throw new StoreUnavailableError(`${this.name} is closed`);
      const known = storeError(this.name, error);
      if (known instanceof StoreUnavailableError && (tellsLate || !isLate)) this.outage.failed(known.message);
      throw known;
    } finally {
      clearTimeout(timer);
    }
  }

  private async open(): Promise<void> {
    await this.connected();
    await this.whole();
  }

  /** After the first time the driver connects again by itself. */
  private async connected(): Promise<void> {
    if (this.opened) return;
    this.opening ??= this.connect().finally(() => {
      this.opening = null;
    });
    await this.opening;
    this.opened = true;
  }

  /** Looks whether the database is whole, unless somebody has just looked. */
  private async whole(): Promise<void> {
    if (this.restoring || performance.now() - this.lookedAt < LOOK_LASTS_MS) return;
    this.looking ??= this.look().finally(() => {
      this.looking = null;
    });
    await this.looking;
  }

  private async look(): Promise<void> {
    const begun = performance.now();
    try {
      await requireWhole(this.connection, this.name);
    } catch (error) {
      // What comes out of a backup has no indexes.
      if (error instanceof IncompatibleStoreError) this.indexes.forget();
      throw error;
    }
    this.lookedAt = begun;
  }

  private async connect(): Promise<void> {
    try {
      await this.connection.openUri(this.options.url, clientOptions(this.options, this.limits));
      // First, so that nothing is written into a database that has a part of a backup.
      await this.look();
      await (this.use.asItIs ? requireNewestSchema : requireSchema)(this.connection, this.name);
    } catch (error) {
      throw error instanceof IncompatibleStoreError ? error : openError(this.name, error);
    }
  }
}

/** Longest look before the start, milliseconds: a server that is away is no reason against it. */
const LOOK_MS = 1_500;

/**
 * Looks whether a database can be used by this version, if its server is there.
 * @throws {IncompatibleStoreError} when a newer version has written it
 */
export async function checkMongoSchema(options: MongoOptions): Promise<void> {
  const silent = { info: () => undefined, warn: () => undefined };
  const limits = { call: LOOK_MS, reading: LOOK_MS, selection: LOOK_MS, silence: LOOK_MS, majority: LOOK_MS };
  const database = new MongoDatabase(options, silent, limits);
  try {
    await database.run(async () => undefined);
  } catch (error) {
    if (error instanceof IncompatibleStoreError) throw error;
  } finally {
    await database.close();
  }
}
