import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from './start-error.js';

/**
 * Makes a folder and others inside it where they are missing, for its owner alone, since the values of environment
 * variables are kept in it.
 * @param key of the configuration that names the folder
 * @param path absolute
 * @param inside absolute paths of folders below it
 * @throws {StartError} when it can't be written to
 */
export async function openPrivateFolder(key: string, path: string, inside: readonly string[]): Promise<void> {
  try {
    for (const each of [path, ...inside]) await makeFolder(each);
    await chmod(path, 0o700);
    // Rights alone don't tell: the file system may be full or mounted for reading.
    const probe = join(path, `.probe-${randomUUID()}`);
    await writeFile(probe, 'probe', { mode: 0o600 });
    await rm(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = `${key}: ${path} can't be written to (${reason}); name a folder that this user may write to`;
    throw new StartError([problem], undefined, { cause: error });
  }
}

/**
 * Makes a folder and those above it. Not by `recursive` of Node's mkdir, which never ends where the kernel says that
 * there is no such folder while its parent is there, as it does in /proc.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || (await isFolder(parent))) throw error;
    await makeFolder(parent);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
