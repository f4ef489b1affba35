import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BackupError } from './backup-format.js';

/** Environment values are in it in the clear. */
const OWNER_ONLY = 0o600;

/**
 * Writes a new file that is there as a whole or not at all.
 * @throws {BackupError} when there is such a file already, or it can't be written
 */
export async function writeBackupFile(path: string, texts: AsyncIterable<string>): Promise<void> {
  const unfinished = `${path}.part`;
  const file = await opened(unfinished, 'wx');
  try {
    for await (const text of texts) await file.writeFile(text);
    await file.sync();
    await link(unfinished, path);
  } catch (error) {
    throw asBackupError(path, error);
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
}

/**
 * The lines of a file, without their ends.
 * @throws {BackupError} when it can't be read
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await opened(path, 'r');
  try {
    yield* file.readLines();
  } catch (error) {
    throw asBackupError(path, error);
  }
}

async function opened(path: string, flags: 'r' | 'wx'): Promise<FileHandle> {
  try {
    return await open(path, flags, OWNER_ONLY);
  } catch (error) {
    throw asBackupError(path, error);
  }
}

/** Errors of the file system have a code; all others are of what the lines come from or go to. */
function asBackupError(path: string, error: unknown): unknown {
  if (!isFileError(error)) return error;
  if (error.code === 'EEXIST') return new BackupError(`${path} is there already; name another file`);
  if (error.code === 'ENOENT') {
    const folder = dirname(path);
    return new BackupError(existsSync(folder) ? `there is no ${path}` : `there is no folder ${folder}`);
  }
  return new BackupError(`${path} can't be used (${error.message})`, { cause: error });
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'code' in error && 'syscall' in error;
}
