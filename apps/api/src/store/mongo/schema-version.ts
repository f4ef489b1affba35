import type { Connection } from 'mongoose';
import { IncompatibleStoreError } from '../app-store.js';
import { isDuplicateKey } from './mongo-errors.js';

/**
 * Version of the form in which this program keeps things in MongoDB. A version that others can't read raises it; fields
 * that are added don't, as they are left alone.
 */
export const MONGO_SCHEMA = 1;

/** Beside the other numbers of a database. Databases of before it was kept have none. */
const ID = 'schema';

/** There while a backup is brought in, and when that was never finished. */
const RESTORING = 'restoring';

interface VersionDocument {
  _id: string;
  value: number;
}

/**
 * Looks whether a database has more than a part of a backup.
 * @param name of the server, for people
 * @throws {IncompatibleStoreError} when it has not
 */
export async function requireWhole(connection: Connection, name: string): Promise<void> {
  if (await settingsOf(connection).findOne({ _id: RESTORING })) {
    throw new IncompatibleStoreError(
      `the database ${connection.name} of ${name} has a part of a backup alone: a restore is under way, or was ended before it was done; if none is under way, drop it, and restore again before an api is started`,
    );
  }
}

/**
 * Looks at the version of a database, and notes this one's where it is missing or older.
 * @param name of the server, for people
 * @throws {IncompatibleStoreError} when a newer version has written it
 */
export async function requireSchema(connection: Connection, name: string): Promise<void> {
  const settings = settingsOf(connection);
  if ((await knownVersion(connection, name)) === MONGO_SCHEMA) return;
  try {
    await settings.updateOne({ _id: ID }, { $max: { value: MONGO_SCHEMA } }, { upsert: true });
  } catch (error) {
    // Another instance was quicker.
    if (!isDuplicateKey(error)) throw error;
  }
}

/**
 * Looks whether a database has the form of this version, and changes nothing. One with nothing in it has any form.
 * @param name of the server, for people
 * @throws {IncompatibleStoreError} when another version has written it
 */
export async function requireNewestSchema(connection: Connection, name: string): Promise<void> {
  const version = await knownVersion(connection, name);
  if (version === MONGO_SCHEMA || (version === 0 && (await isEmpty(connection)))) return;
  throw new IncompatibleStoreError(
    `the database ${connection.name} of ${name} was written by an older version of the program (schema ${version}, this one has ${MONGO_SCHEMA}) and stays as it is: run the command of the version that uses it`,
  );
}

/**
 * The version that is noted in a database, 0 where none is.
 * @throws {IncompatibleStoreError} when it is a newer one
 */
async function knownVersion(connection: Connection, name: string): Promise<number> {
  const version = (await settingsOf(connection).findOne({ _id: ID }))?.value ?? 0;
  if (version <= MONGO_SCHEMA) return version;
  const versions = `schema ${version}, this one knows up to ${MONGO_SCHEMA}`;
  throw new IncompatibleStoreError(
    `the database ${connection.name} of ${name} was written by a newer version of the program (${versions})`,
  );
}

async function isEmpty(connection: Connection): Promise<boolean> {
  const found = await Promise.all(['apps', 'tokens'].map((name) => connection.collection(name).findOne()));
  return found.every((document) => document === null);
}

/** Has every other program refuse the database, while a restore fills it: at once, or when it looks the next time. */
export async function beginRestore(connection: Connection): Promise<void> {
  await settingsOf(connection).updateOne({ _id: RESTORING }, { $set: { value: 1 } }, { upsert: true });
}

export async function endRestore(connection: Connection): Promise<void> {
  await settingsOf(connection).deleteOne({ _id: RESTORING });
}

function settingsOf(connection: Connection) {
  return connection.collection<VersionDocument>('settings');
}
