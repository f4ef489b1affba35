import type { Model } from 'mongoose';
import { StoreUnavailableError } from '../app-store.js';
import { MongoRefusal } from './mongo-errors.js';
import type { StoreLog } from '../outage-log.js';

/** Field names with 1 for ascending and -1 for descending. */
export type IndexKeys = Record<string, 1 | -1>;

/** Makes indexes where they are missing. A call never waits for one: without it, it is only slower. */
export class IndexKeeper {
  private readonly made = new Set<string>();
  /** Those whose failure was told. */
  private readonly told = new Set<string>();

  constructor(
    private readonly run: (work: () => Promise<unknown>) => Promise<unknown>,
    private readonly log: StoreLog,
  ) {}

  /** The database is another one, or may be: what it lacks is made when it is asked for the next time. */
  forget(): void {
    this.made.clear();
  }

  /** Asks for an index of a collection; what failed is tried again when it is asked for again. */
  want<Document>(model: Model<Document>, keys: IndexKeys): void {
    const id = `${model.collection.collectionName} ${JSON.stringify(keys)}`;
    if (this.made.has(id)) return;
    this.made.add(id);
    this.run(() => model.collection.createIndex(keys)).catch((error: unknown) => {
      // A server that refuses one, as it has too many, would refuse it always.
      if (!(error instanceof MongoRefusal)) this.made.delete(id);
      // An outage is told elsewhere.
      if (error instanceof StoreUnavailableError || this.told.has(id)) return;
      this.told.add(id);
      this.log.warn('an index could not be made', { index: id, reason: String(error) });
    });
  }
}
