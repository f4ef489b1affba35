/**
 * What is made for tests once, and kept.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** So long nothing is made, milliseconds: who has begun earlier was ended, and left what he had. */
const LONGEST_MS = 86_400_000;

/**
 * Where the id of a process of ours says which it is. A container that shares the folder has processes of its own, and
 * another machine, too.
 */
const HERE = createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 8);

/**
 * Makes a file or a folder where there is none: in a folder of its own, from where it is moved to its place. Where several
 * do so at the same moment, the first gives it, and the others take it. What was left by one whose process was ended is
 * removed, whether or not there is something to make.
 *
 * @param {string} ready its path. Others beside it whose names begin with the prefix are older ones of it, which are removed
 * @param {string} prefix of its name
 * @param {(own: string) => Promise<string>} make makes it in a folder that goes afterwards, and resolves to its path
 * @returns {Promise<string>} `ready`
 */
export async function madeOnce(ready, prefix, make) {
  const folder = dirname(ready);
  mkdirSync(folder, { recursive: true });
  const building = `${prefix}build-`;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(building) && !isUnderWay(join(folder, name), name.slice(building.length)))
      removeLeft(join(folder, name));
  }
  if (existsSync(ready)) return ready;
  const own = mkdtempSync(join(folder, `${building}${HERE}-${process.pid}-`));
  try {
    place(await make(own), ready);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
  for (const name of readdirSync(folder)) {
    const isOlder = name.startsWith(prefix) && !name.startsWith(building) && name !== basename(ready);
    if (isOlder) rmSync(join(folder, name), { recursive: true, force: true });
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

/**
 * Whether somebody may still be making something there. Of a process elsewhere only its age is known.
 * @param {string} path
 * @param {string} maker behind the prefix: where it runs, its process id, and what keeps several of it apart
 */
function isUnderWay(path, maker) {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  if (Date.now() - mtimeMs >= LONGEST_MS) return false;
  const [, where, pid] = /^([0-9a-f]{8})-(\d+)-/.exec(maker) ?? [];
  return where !== HERE || isThere(Number(pid));
}

/** @param {number} pid */
function isThere(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // One of another user can't be signalled, but is there.
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
}

/** @param {string} path */
function removeLeft(path) {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Another one removes it at the same moment, or it is another user's: nobody has to wait for its end.
  }
}

function processNamespace() {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has them.
    return '';
  }
}
