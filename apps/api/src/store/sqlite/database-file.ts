import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreUnavailableError } from '../app-store.js';

const OWNER_ONLY = 0o600;

/**
 * The file of a database. It holds the environment of every app, so it is the owner's alone; SQLite gives the
 * files beside it (`-wal`, `-shm`) the same rights.
 */
export class DatabaseFile {
  private constructor(
    readonly path: string,
    private readonly identity: string,
  ) {}

  /**
   * Makes the file and its folder (0700) where they are missing. The rights of a folder that was there are left
   * alone, since it may be shared.
   * @throws {StoreUnavailableError} when the file can't be made
   */
  static prepare(path: string): DatabaseFile {
    try {
      makeFolder(dirname(path));
      // An existing file is never opened here: closing it would drop the locks that SQLite holds in this process.
      if (existsSync(path)) restrict(path);
      else create(path);
      return new DatabaseFile(path, identityOf(path));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StoreUnavailableError(`${path} can't be made or opened (${reason})`, { cause: error });
    }
  }

  /** One that is there, with the rights that it has. */
  static asItIs(path: string): DatabaseFile {
    return new DatabaseFile(path, identityOf(path));
  }

  /**
   * What is wrong when the path no longer leads to the file that is open: what is written to that one would be
   * lost with this process.
   */
  problem(): string | null {
    return identityOf(this.path) === this.identity
      ? null
      : `${this.path} was removed or replaced while it was open; start the api again`;
  }
}

/**
 * Makes a folder and those above it. Not by `recursive` of Node's mkdir, which never ends where the kernel says that
 * there is no such folder while its parent is there, as it does in /proc.
 */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process can have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function create(path: string): void {
  closeSync(openSync(path, 'wx', OWNER_ONLY));
  // The file's name is safe only when its folder is.
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function restrict(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, OWNER_ONLY);
}

function identityOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : 'missing';
}
