import { randomBytes } from 'node:crypto';
import { anyMongo, type OwnMongo, startMongo } from '../../tools/services/mongo.mjs';
import {
  type DatabaseLogin,
  makeMongoUser,
  mongoCommand,
  urlWithLogin,
} from '../../tools/services/mongo-users.mjs';

/** Where the apis of a fleet keep their state. */
export interface FleetDatabase {
  /** As the apis have it. */
  url: string;
  /** Of the database there, as others may use the same server. */
  name: string;
  /** The server, when it is the fleet's own and may be stopped. */
  own: OwnMongo | null;
  remove: () => Promise<void>;
}

/** A database that asks for a login: who may do everything, and who the apis are. */
export interface DatabaseUsers {
  admin: DatabaseLogin;
  api: DatabaseLogin;
}

/** Tells people which database the tests have. */
export function sayDatabase(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * A server of the fleet's own, or a database on the one at MONGO_URL if there is one. Says which it is.
 * @param isOwn it has to be a server of its own, as it is to be stopped; so has one with users
 */
export async function fleetDatabase(isOwn = false, users?: DatabaseUsers): Promise<FleetDatabase> {
  const name = `nebula-e2e-${randomBytes(6).toString('hex')}`;
  if (isOwn || users) {
    const own = await startMongo(sayDatabase, users?.admin);
    if (users) await makeMongoUser(own, users.admin, users.api);
    const url = users ? urlWithLogin(own.url, users.api) : own.url;
    return { url, name, own, remove: own.remove };
  }
  const { url, kind, remove } = await anyMongo(sayDatabase);
  if (kind !== 'given') return { url, name, own: null, remove };
  return { url, name, own: null, remove: () => mongoCommand(url, name, { dropDatabase: 1 }) };
}
