/**
 * Deletes what Nebula keeps in its state folder.
 */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** @import { StateFolder } from '@nebula/standalone' */

/**
 * Only what Nebula puts there: a state_dir that names a folder with other things in it must not cost them.
 * @param {StateFolder} folder
 * @returns {Promise<string[]>} names of what is left in it; the folder itself is deleted when that is nothing
 */
export async function forgetState(folder) {
  const names = await readdir(folder.path);
  const ours = [
    folder.secret_keys,
    folder.feed,
    folder.worker,
    folder.engine,
    folder.claims,
    join(folder.path, 'example-created'),
  ];
  const database = names
    .map((name) => join(folder.path, name))
    .filter((path) => path.startsWith(folder.database));
  for (const path of [...ours, ...database]) await rm(path, { recursive: true, force: true });
  const left = await readdir(folder.path);
  if (left.length === 0) await rmdir(folder.path);
  return left.sort();
}
