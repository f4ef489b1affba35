/**
 * The limit of open files, which brokers and children that this process starts get from it.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Node has raised the soft limit to the hard one at its start; beyond that only root can go.
 * @param {number} needed
 * @returns {Promise<number>} the limit from now on
 * @throws {Error} with what to do when it can't be had
 */
export async function raiseFileLimit(needed) {
  const now = await fileLimit();
  if (now >= needed) return now;
  try {
    const process_ = ['--pid', String(process.pid), `--nofile=${needed}:${needed}`];
    await promisify(execFile)('prlimit', process_);
  } catch (error) {
    throw new Error(
      `${needed} open files are needed and the limit is ${now}: raise it (ulimit -n), or ask for fewer --consumers`,
      { cause: error },
    );
  }
  return await fileLimit();
}

async function fileLimit() {
  const limits = await readFile('/proc/self/limits', 'utf8');
  const [, soft = '0'] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}
