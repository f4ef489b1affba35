import type { DatabaseSync } from '@photostructure/sqlite';
import { IncompatibleStoreError } from '../app-store.js';
import { INDEXES, MIGRATIONS } from './schema.js';

export type Connection = InstanceType<typeof DatabaseSync>;

const TABLES = `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'`;
/** Tables of every version of ours. */
const OUR_TABLES = `${TABLES} AND name IN ('apps', 'epoch')`;

/**
 * Tells version, tables and tables of ours to a function of that name. A prepared statement would keep the log beside the
 * file after the end of its connection, until it is collected.
 */
const LOOK = `SELECT tell((SELECT user_version FROM pragma_user_version), (${TABLES}), (${OUR_TABLES}))`;

/**
 * The version of a file's schema, 0 when it has nothing yet.
 * @throws {IncompatibleStoreError} when a newer version, or another program, has written the file
 */
export function knownVersion(connection: Connection, path: string): number {
  let [version, tables, ours] = [0, 0, 0];
  connection.function('tell', { varargs: true }, (...told: [number, number, number]) => {
    [version, tables, ours] = told;
    return null;
  });
  connection.exec(LOOK);
  // What we would add to a file with tables, and none of ours, helps nobody.
  if (version === 0 ? tables > 0 : ours < 2)
    throw new IncompatibleStoreError(`${path} is the database of another program`);
  if (version > MIGRATIONS.length) {
    const versions = `schema ${version}, this one knows up to ${MIGRATIONS.length}`;
    throw new IncompatibleStoreError(`${path} was written by a newer version of the program (${versions})`);
  }
  return version;
}

/** Brings the schema of a file to this version, together or not at all. */
export function migrate(connection: Connection, path: string): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(knownVersion(connection, path))) connection.exec(step);
    for (const index of INDEXES) connection.exec(index);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Looks whether a file has the schema of this version, and changes nothing.
 * @throws {IncompatibleStoreError} when it has another one, or nothing
 */
export function requireNewest(connection: Connection, path: string): void {
  const version = knownVersion(connection, path);
  if (version === 0) throw new IncompatibleStoreError(`${path} has nothing in it`);
  if (version < MIGRATIONS.length) {
    throw new IncompatibleStoreError(
      `${path} was written by an older version of the program (schema ${version}, this one has ${MIGRATIONS.length}) and stays as it is: run the command of the version that uses it`,
    );
  }
}
