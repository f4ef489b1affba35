import { types } from 'node:util';
import type { Model } from 'mongoose';
import type { StoreLog } from '../outage-log.js';
import { MongoRefusal } from './mongo-errors.js';

/** Field names with 1 for ascending and -1 for descending. */
export type IndexKeys = Record<string, 1 | -1>;

/** Where indexes are made. */
export interface IndexedDatabase {
  /**
   * Resolves when the database can be used.
   * @throws when it can't, which is told elsewhere
   */
  reach(): Promise<void>;
  /** Why one could not be made, as the store's port has it; null when the database is closed, which is no reason. */
  reason(error: unknown): unknown;
}

/** What became of an index that could not be made. */
interface Failure {
  /** The reason that was told last; null when none was. */
  told: string | null;
  /** Wait before the next try, milliseconds. */
  waitMs: number;
  /** When it may be asked for again. */
  until: number;
}

const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

/** So many are made at a time: the server reads a whole collection for each, and each has a connection of its own. */
const AT_A_TIME = 2;

/** Longest silence of a server that makes one, milliseconds: it answers when the last document is in it. */
const SILENCE_MS = 86_400_000;

/**
 * The driver has it for every command, though its types don't say so; all connections have a limit that is for calls.
 */
const OPTIONS: object = { socketTimeoutMS: SILENCE_MS };

/**
 * Makes indexes where they are missing. A call never waits for one: without it, it is only slower. One takes as long as
 * its collection is large, and that one can't be made is no outage of the database.
 */
export class IndexKeeper {
  private readonly made = new Set<string>();
  /** Those that are asked for and not answered yet. */
  private readonly underWay = new Set<string>();
  private readonly failures = new Map<string, Failure>();
  private readonly waiting: (() => Promise<void>)[] = [];
  private making = 0;
  private generation = 0;

  constructor(
    private readonly database: IndexedDatabase,
    private readonly log: StoreLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * The database is another one, or may be: what it lacks is made when it is asked for the next time. What failed keeps its
   * wait: an index that brings the server down would do it again at once.
   */
  forget(): void {
    this.made.clear();
    this.generation += 1;
  }

  /** Asks for an index of a collection; what failed is tried again when it is asked for again, later and later. */
  want<Document>(model: Model<Document>, keys: IndexKeys): void {
    const id = `${model.collection.collectionName} ${JSON.stringify(keys)}`;
    if (this.made.has(id) || this.underWay.has(id)) return;
    if (this.now() < (this.failures.get(id)?.until ?? Number.NEGATIVE_INFINITY)) return;
    this.underWay.add(id);
    this.waiting.push(async () => {
      await this.make(id, () => model.collection.createIndex(keys, OPTIONS));
      this.underWay.delete(id);
    });
    this.next();
  }

  private next(): void {
    if (this.making >= AT_A_TIME) return;
    const first = this.waiting.shift();
    if (!first) return;
    this.making += 1;
    void first().finally(() => {
      this.making -= 1;
      this.next();
    });
  }

  /** Never rejects. */
  private async make(id: string, work: () => Promise<unknown>): Promise<void> {
    const { generation } = this;
    try {
      await this.database.reach();
    } catch {
      return;
    }
    try {
      await work();
      this.failures.delete(id);
    } catch (error) {
      const known = this.database.reason(error);
      if (known === null) return;
      // A server that refuses one, as it has too many, would refuse it always.
      const isRefused = known instanceof MongoRefusal;
      const reason = types.isNativeError(known) ? known.message : 'for no reason that is known';
      this.failed(id, reason, isRefused);
      if (!isRefused) return;
    }
    if (generation === this.generation) this.made.add(id);
  }

  /** What fails once, and not for good, can be an outage that came meanwhile, which is told elsewhere. */
  private failed(id: string, reason: string, isForGood: boolean): void {
    const before = this.failures.get(id);
    const waitMs = Math.min(before ? before.waitMs * 2 : FIRST_WAIT_MS, LONGEST_WAIT_MS);
    const isTold = isForGood || before !== undefined;
    const told = before?.told ?? null;
    this.failures.set(id, { told: isTold ? reason : told, waitMs, until: this.now() + waitMs });
    if (isTold && reason !== told) this.log.warn('an index could not be made', { index: id, reason });
  }
}
