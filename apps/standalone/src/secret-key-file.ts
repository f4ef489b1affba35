import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseSecretKeys, SECRET_KEY_BYTES, SECRET_KEY_FORM, type SecretKey } from '@nebula/api';
import { StartError } from '@nebula/lifecycle';

const OWNER_ONLY = 0o600;

/**
 * The keys for the values of secrets in this machine's database: a line each, in the form of `secret_keys`. One is made
 * where the file is missing, unless something was sealed with what was in it.
 *
 * @param path in a folder that is this process' alone
 * @param holdsSecrets whether the database has sealed values; asked where the file is missing alone
 * @throws {StartError} when the file can't be read or made, holds something else, or is missing though it is needed
 */
export async function secretKeysIn(path: string, holdsSecrets: () => Promise<boolean>): Promise<SecretKey[]> {
  const found = await usable(path, () => readIfThere(path));
  if (found === null && (await holdsSecrets())) {
    const way = `put a backup of it there; without it, write a new key into it (${SECRET_KEY_FORM}), and give the secrets of all apps anew`;
    throw new StartError([
      `state_dir: ${path} is missing, but secrets in the database were sealed with a key in it: ${way}`,
    ]);
  }
  const text = found ?? (await usable(path, () => created(path)));
  const parsed = parseSecretKeys(text.split('\n').filter((line) => line.trim() !== ''));
  const problems = parsed.keys?.length === 0 ? ['it is empty'] : (parsed.problems ?? []);
  if (!parsed.keys || problems.length > 0) {
    const way = 'put a backup of it there; without it, the secrets of all apps have to be given anew';
    throw new StartError(problems.map((problem) => `state_dir: ${path}: ${problem} (${way})`));
  }
  return parsed.keys;
}

async function usable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError([`state_dir: ${path} can't be read or made (${reason})`], undefined, {
      cause: error,
    });
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    const text = await readFile(path, 'utf8');
    await chmod(path, OWNER_ONLY);
    return text;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return null;
    throw error;
  }
}

async function created(path: string): Promise<string> {
  await create(path);
  return await readFile(path, 'utf8');
}

/** Whole or not at all, and on the disk before anything is sealed with it. One that is there is never replaced. */
async function create(path: string): Promise<void> {
  const passing = `${path}.${randomUUID()}`;
  const id = randomBytes(4).toString('hex');
  try {
    const file = await open(passing, 'wx', OWNER_ONLY);
    try {
      await file.writeFile(`${id}:${randomBytes(SECRET_KEY_BYTES).toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(passing, path);
  } finally {
    await rm(passing, { force: true });
  }
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
