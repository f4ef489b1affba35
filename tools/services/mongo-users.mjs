/**
 * Commands to a database server of our own, and the users of one that asks for a login.
 */
/** @import { OwnMongo } from './mongo.mjs' */

/** @typedef {{ user: string, password: string }} DatabaseLogin */

/** Where all users are. */
const DATABASE = 'admin';

/**
 * @param {string} url without a user
 * @param {DatabaseLogin} login
 * @returns {string} the URL with a user, as `MONGO_URL` has it
 */
export function urlWithLogin(url, { user, password }) {
  const withUser = new URL(url);
  withUser.username = user;
  withUser.password = encodeURIComponent(password);
  withUser.pathname = '/';
  withUser.search = `?authSource=${DATABASE}`;
  return withUser.href;
}

/**
 * Makes a user that may read and write every database. FerretDB knows no roles: each of its users may do that.
 * @param {Pick<OwnMongo, 'url' | 'kind'>} server
 * @param {DatabaseLogin | null} admin null for the first one, which a mongod takes from its own machine
 * @param {DatabaseLogin} login
 * @param {'readWriteAnyDatabase' | 'root'} [role]
 */
export async function makeMongoUser({ url, kind }, admin, login, role = 'readWriteAnyDatabase') {
  const roles = kind === 'FerretDB' ? [] : [{ role, db: DATABASE }];
  await mongoCommand(admin ? urlWithLogin(url, admin) : url, DATABASE, {
    ...{ createUser: login.user, pwd: login.password, roles },
  });
}

/**
 * @param {Pick<OwnMongo, 'url'>} server
 * @param {DatabaseLogin} admin
 * @param {string} user
 */
export async function removeMongoUser({ url }, admin, user) {
  await mongoCommand(urlWithLogin(url, admin), DATABASE, { dropUser: user });
}

/**
 * @param {string} url
 * @param {string} database
 * @param {Record<string, unknown>} command of the wire protocol
 * @throws {Error} when the server refuses it
 */
export async function mongoCommand(url, database, command) {
  // It takes half a second to load, and most tests need none of this.
  const { default: mongoose } = await import('mongoose');
  const connection = mongoose.createConnection(url, { serverSelectionTimeoutMS: 10_000 });
  try {
    await connection.asPromise();
    await connection.getClient().db(database).command(command);
  } finally {
    await connection.close();
  }
}
