import mongoose from 'mongoose';
import { StoreUnavailableError } from '../app-store.js';
import { hasCutPassword } from './mongo-errors.js';

/** Longest waits, milliseconds. */
export interface MongoLimits {
  /** For one call of the store. */
  call: number;
  /** For one that reads all workers of an app, whose answer is for others, too. */
  reading: number;
  /** For a server that takes changes. */
  selection: number;
  /** For a server that works on a command. */
  silence: number;
  /** For the confirmation by a majority. */
  majority: number;
}

/** A call takes less than a request may; an election is usually over in time. */
export const MONGO_LIMITS: MongoLimits = {
  ...{ call: 8_000, reading: 30_000 },
  ...{ selection: 4_000, silence: 5_000, majority: 4_000 },
};

export interface MongoOptions {
  /** `mongodb://…` or `mongodb+srv://…`, with user and password when they are needed. */
  url: string;
  database: string;
}

/** What a connection is opened with. */
export function clientOptions(options: MongoOptions, limits: MongoLimits): mongoose.ConnectOptions {
  return {
    ...driverOptions(limits),
    dbName: options.database,
    // Commands wait for a server in the driver, which has a time limit of its own.
    bufferCommands: false,
    autoCreate: false,
    autoIndex: false,
  };
}

function driverOptions(limits: MongoLimits): mongoose.ConnectOptions {
  return {
    appName: 'nebula-api',
    serverSelectionTimeoutMS: limits.selection,
    connectTimeoutMS: limits.selection,
    socketTimeoutMS: limits.silence,
    waitQueueTimeoutMS: limits.selection,
    heartbeatFrequencyMS: 5_000,
    maxPoolSize: 20,
    // Whatever the URL says: what was accepted is on the disks of a majority. Reads are of the primary, and local: a
    // single server may refuse others, and what is read of a primary that is being replaced is healed like a restore.
    // Each under the name that it has in a URL: the driver puts the URL's `journal` above a `writeConcern` of here.
    ...{ w: 'majority', journal: true, wtimeoutMS: limits.majority, readConcernLevel: 'local' },
    readPreference: 'primary',
    ignoreUndefined: true,
  };
}

/**
 * Whether the driver understands a URL as it is meant, beside the options that every connection has. It connects to nothing.
 * @throws {StoreUnavailableError} when it doesn't; the URL is not repeated, as it holds a password
 */
export function checkMongoUrl({ url }: MongoOptions): void {
  if (hasCutPassword(url) || !isUnderstood(url)) {
    throw new StoreUnavailableError(
      'the URL of the database must be mongodb://[user:password@]host[:port][,host…][/?options] or mongodb+srv://…, with the special characters of user and password percent-encoded and no option that is unknown',
    );
  }
}

function isUnderstood(url: string): boolean {
  try {
    new mongoose.mongo.MongoClient(url, driverOptions(MONGO_LIMITS));
    return true;
  } catch {
    return false;
  }
}
