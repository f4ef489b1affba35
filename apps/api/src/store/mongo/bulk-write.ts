import mongoose, { type Model } from 'mongoose';
import { DUPLICATE_KEY } from './mongo-errors.js';

const { MongoBulkWriteError } = mongoose.mongo;

/** Of a bulk of writes: how many updates found a document, and which writes met a key that is there already. */
export interface BulkOutcome {
  matched: number;
  /** Indexes into the operations. */
  duplicates: number[];
}

/**
 * Writes each for itself, in any order; one that meets a duplicate key hinders no other.
 * @throws what the driver throws for anything else that failed
 */
export async function bulkWrite<Document extends object>(
  model: Model<Document>,
  operations: readonly mongoose.mongo.AnyBulkWriteOperation<Document>[],
): Promise<BulkOutcome> {
  if (operations.length === 0) return { matched: 0, duplicates: [] };
  // The driver's own collection: casting by the schema would cost more than the writes.
  const collection = model.collection as unknown as mongoose.mongo.Collection<Document>;
  try {
    const { matchedCount } = await collection.bulkWrite(operations, { ordered: false });
    return { matched: matchedCount, duplicates: [] };
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const failed = [error.writeErrors].flat();
    const onlyDuplicates = failed.length > 0 && failed.every(({ code }) => code === DUPLICATE_KEY);
    if (!onlyDuplicates || error.result.getWriteConcernError()) throw error;
    return { matched: error.matchedCount, duplicates: failed.map(({ index }) => index) };
  }
}
