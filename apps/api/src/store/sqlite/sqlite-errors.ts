import { types } from 'node:util';
import { StoreUnavailableError } from '../app-store.js';

/**
 * What SQLite's primary result codes mean for whoever runs the api, as it reads on from the file's path, and
 * SQLite's own text for each: the driver leaves the code out when a statement fails while its rows are read.
 */
const REASONS: readonly { code: number; text: string; reason: string }[] = [
  { code: 3, text: 'access permission denied', reason: 'may not be used by this user' },
  { code: 5, text: 'database is locked', reason: 'is locked by another process' },
  { code: 6, text: 'database table is locked', reason: 'is locked' },
  { code: 7, text: 'out of memory', reason: 'needs more memory than there is' },
  { code: 8, text: 'attempt to write a readonly database', reason: 'can only be read' },
  { code: 10, text: 'disk I/O error', reason: 'failed to be read or written' },
  { code: 11, text: 'database disk image is malformed', reason: 'is damaged; restore it from a backup' },
  { code: 13, text: 'database or disk is full', reason: "can't grow: the disk is full" },
  { code: 14, text: 'unable to open database file', reason: "can't be opened" },
  { code: 15, text: 'locking protocol', reason: 'is locked by another process' },
  { code: 22, text: 'large file support is disabled', reason: 'is too large for this system' },
  { code: 26, text: 'file is not a database', reason: 'is no SQLite database' },
];

/**
 * An error of SQLite as the store's port has it. Errors that are no fault of the surroundings (a constraint, a
 * statement that doesn't compile) stay what they are.
 */
export function storeError(path: string, error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  if ('code' in error && error.code === 'ERR_INVALID_STATE') {
    return new StoreUnavailableError(`${path} is closed`, { cause: error });
  }
  const known = REASONS.find(({ code, text }) =>
    'errcode' in error ? hasCode(error, code) : error.message === text,
  );
  if (!known) return error;
  const detail =
    'errcode' in error ? `SQLite error ${String(error.errcode)}: ${error.message}` : error.message;
  return new StoreUnavailableError(`${path} ${known.reason} (${detail})`, { cause: error });
}

/** The lower eight bits of an extended result code are the primary one. */
function hasCode({ errcode }: { errcode: unknown }, code: number): boolean {
  return typeof errcode === 'number' && (errcode & 0xff) === code;
}
