import type { Connection } from 'mongoose';
import { StoreUnavailableError } from '../app-store.js';
import { isDuplicateKey } from './mongo-errors.js';

/**
 * Version of the form in which this program keeps things in MongoDB. A version that others can't read raises it; fields
 * that are added don't, as they are left alone.
 */
export const MONGO_SCHEMA = 1;

/** Beside the other numbers of a database. Databases of before it was kept have none. */
const ID = 'schema';

interface VersionDocument {
  _id: string;
  value: number;
}

/** A newer version of the program has written the database: what this one understands of it may be wrong. */
export class NewerSchemaError extends StoreUnavailableError {}

/**
 * Looks at the version of a database, and notes this one's where it is missing or older.
 * @param name of the server, for people
 * @throws {NewerSchemaError}
 */
export async function requireSchema(connection: Connection, name: string): Promise<void> {
  const settings = connection.collection<VersionDocument>('settings');
  const found = await settings.findOne({ _id: ID });
  const version = found?.value ?? 0;
  if (version > MONGO_SCHEMA) {
    const versions = `schema ${version}, this one knows up to ${MONGO_SCHEMA}`;
    throw new NewerSchemaError(
      `the database ${connection.name} of ${name} was written by a newer version of the program (${versions})`,
    );
  }
  if (version === MONGO_SCHEMA) return;
  try {
    await settings.updateOne({ _id: ID }, { $max: { value: MONGO_SCHEMA } }, { upsert: true });
  } catch (error) {
    // Another instance was quicker.
    if (!isDuplicateKey(error)) throw error;
  }
}
