/**
 * What is made for tests once, and kept.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** So long nothing is made, milliseconds: who has begun earlier was ended, and left what he had. */
const LONGEST_MS = 86_400_000;

/**
 * Makes a file or a folder where there is none: in a folder of its own, from where it is moved to its place. Where several
 * do so at the same moment, the first gives it, and the others take it.
 *
 * @param {string} ready its path. Others beside it whose names begin with the prefix are older ones of it, which are removed
 * @param {string} prefix of its name
 * @param {(own: string) => Promise<string>} make makes it in a folder that goes afterwards, and resolves to its path
 * @returns {Promise<string>} `ready`
 */
export async function madeOnce(ready, prefix, make) {
  if (existsSync(ready)) return ready;
  const folder = dirname(ready);
  mkdirSync(folder, { recursive: true });
  const building = `${prefix}build-`;
  const own = mkdtempSync(join(folder, building));
  try {
    place(await make(own), ready);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  for (const name of readdirSync(folder)) {
    const isOther = name.startsWith(prefix) && name !== basename(ready);
    if (!isOther || (name.startsWith(building) && isUnderWay(join(folder, name)))) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  return ready;
}

/**
 * @param {string} made
 * @param {string} ready
 */
function place(made, ready) {
  try {
    renameSync(made, ready);
  } catch (error) {
    // No folder takes the place of another. What others have made meanwhile is the same.
    if (!existsSync(ready)) throw error;
  }
}

/** @param {string} path */
function isUnderWay(path) {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return Date.now() - mtimeMs < LONGEST_MS;
}
