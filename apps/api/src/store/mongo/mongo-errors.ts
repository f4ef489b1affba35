import mongoose from 'mongoose';
import { types } from 'node:util';
import { StoreUnavailableError } from '../app-store.js';

const {
  MongoBulkWriteError,
  MongoError,
  MongoInvalidArgumentError,
  MongoServerError,
  MongoWriteConcernError,
} = mongoose.mongo;

/** Code of a write whose key is there already. */
export const DUPLICATE_KEY = 11_000;

/** The server's codes that mean that it is away, stepping down, out of something, failing itself, or not ours to use. */
const REASONS = new Map<number, string>([
  [1, 'failed inside'],
  [6, "can't reach its other hosts"],
  [7, "can't reach its other hosts"],
  [8, 'failed inside'],
  [13, "doesn't allow this user to do that"],
  [18, 'refuses the user or the password'],
  [43, 'has lost the rest of an answer'],
  [50, 'took too long'],
  [64, "couldn't confirm a change by a majority in time"],
  [79, "can't confirm changes by a majority"],
  [89, "can't reach its other hosts in time"],
  [91, 'is shutting down'],
  [100, 'has too few members to confirm changes by a majority'],
  [133, 'has no primary'],
  [134, "can't read what a majority has"],
  [189, 'has no primary'],
  [262, 'took too long'],
  [8_000, 'refuses the user or the password'],
  [9_001, 'lost a connection'],
  [10_107, 'has no primary'],
  [202, 'took too long'],
  [11_600, 'is shutting down'],
  [11_601, 'interrupted a command'],
  [11_602, 'interrupted a command as its primary changes'],
  [13_435, 'has no primary'],
  [13_436, 'is starting or recovering'],
  [14_031, 'is out of disk space'],
]);

/** The server is there, understood, and won't do it, now or later. */
export class MongoRefusal extends Error {
  override readonly name = 'MongoRefusal';
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

/** Whether an insertion took place; a document with that id is in its way otherwise. */
export async function inserted(insertion: Promise<unknown>): Promise<boolean> {
  try {
    await insertion;
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

/**
 * An error of the driver as the store's port has it. The server's own texts can quote the command with the
 * environment of an app, so they are left out.
 * @param name of the server, as `mongoName` gives it
 */
export function storeError(name: string, error: unknown): unknown {
  if (error instanceof MongoWriteConcernError) {
    return new StoreUnavailableError(`${name} couldn't confirm a change by a majority (${codeOf(error)})`);
  }
  // The driver disguises a lost connection as an error of the server when it happens in a bulk of writes.
  const isDisguised = error instanceof MongoBulkWriteError && error.code === undefined;
  if (error instanceof MongoServerError && !isDisguised) {
    const reason = REASONS.get(Number(error.code));
    const code = codeOf(error);
    if (reason) return new StoreUnavailableError(`${name} ${reason} (${code})`);
    return error.hasErrorLabel('RetryableWriteError')
      ? new StoreUnavailableError(`${name} failed for now (${code})`)
      : new MongoRefusal(`${name} refused a command (${code})`);
  }
  if (isConnectionError(error)) {
    return new StoreUnavailableError(`${name} can't be reached (${error.message})`);
  }
  return error;
}

/**
 * Why a connection could not be opened. Whatever that is (names that nobody resolves, certificates that can't be
 * read), it is an outage: the next call tries again.
 * @param name of the server, as `mongoName` gives it
 */
export function openError(name: string, error: unknown): StoreUnavailableError {
  const known = storeError(name, error);
  if (known instanceof StoreUnavailableError) return known;
  if (known instanceof MongoRefusal) return new StoreUnavailableError(known.message);
  const reason = types.isNativeError(error) ? error.message : String(error);
  return new StoreUnavailableError(`${name} can't be reached (${reason})`);
}

/** What the driver lets through of what it does with a socket: a wait that was given up, and what the system says. */
const OF_SOCKETS = ['AbortError', 'TimeoutError'];

/** What Node itself says of a socket that was ended, by codes of its own or of the system, without having asked that. */
const OF_ENDED_SOCKETS: readonly unknown[] = [
  ...['EPIPE', 'ECONNRESET', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_DESTROYED'],
  ...['ERR_STREAM_WRITE_AFTER_END', 'ERR_STREAM_PREMATURE_CLOSE'],
];

/** What the driver itself says, but for a wrong call of ours, is about connections and servers. */
function isConnectionError(error: unknown): error is Error {
  if (types.isNativeError(error) && isOfSocket(error)) return true;
  return (
    error instanceof mongoose.Error.MongooseServerSelectionError ||
    // Mongoose's own words for a connection that it has lost or closed; what it says of documents has names of its own.
    (error instanceof mongoose.Error && error.name === 'MongooseError') ||
    (error instanceof MongoError && !(error instanceof MongoInvalidArgumentError))
  );
}

function isOfSocket(error: Error): boolean {
  if (OF_SOCKETS.includes(error.name) || 'syscall' in error) return true;
  return 'code' in error && OF_ENDED_SOCKETS.includes(error.code);
}

function codeOf(error: { code?: number | string | undefined; codeName?: unknown }): string {
  return `${typeof error.codeName === 'string' ? error.codeName : 'error'} ${error.code ?? ''}`.trim();
}

/**
 * The server's name for people: the hosts of its URL, and nothing that could be part of a password. Options can hold one
 * with an `@`, too, so the hosts are looked for before them; they are left out where a password stands in their way, as
 * in a URL that is refused.
 */
export function mongoName(url: string): string {
  const { authority } = partsOf(url);
  const isCut = hasCutPassword(url) || (!authority.includes('@') && url.includes('@'));
  return isCut ? 'MongoDB' : `MongoDB at ${authority.slice(authority.lastIndexOf('@') + 1)}`;
}

/**
 * Whether the hosts end within a password that has an `@` and a `/`, so that the driver takes a part of it for a host. In
 * a name of a database, `@` has to be percent-encoded (Connection String Spec).
 */
export function hasCutPassword(url: string): boolean {
  return partsOf(url).path.includes('@');
}

/** What stands before the first `/`, and from there to the options. */
function partsOf(url: string): { authority: string; path: string } {
  const [place = ''] = url.replace(/^mongodb(\+srv)?:\/\//, '').split('?');
  const [authority = '', ...path] = place.split('/');
  return { authority, path: path.join('/') };
}
