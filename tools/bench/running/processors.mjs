/**
 * Which processors a process may use, so that what puts load on a server doesn't take turns with it.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The processors of a server, and the one of who asks it, by their numbers; null on a machine with one alone, where they
 * can't be apart. Pure.
 * @param {number} processors that the machine has
 * @returns {{ server: string, asking: string } | null} as taskset(1) takes them
 */
export function processorsApart(processors) {
  if (processors < 2) return null;
  const last = processors - 1;
  return { server: last === 1 ? '0' : `0-${last - 1}`, asking: `${last}` };
}

/**
 * Keeps a process, with all of its threads and those that they start, to its own processors.
 * @param {number} pid
 * @param {'server' | 'asking'} role
 * @returns {Promise<void>}
 * @throws {Error} when taskset(1) of util-linux isn't there, or may not
 */
export async function keepApart(pid, role) {
  const apart = processorsApart(availableParallelism());
  if (apart) await run('taskset', ['--all-tasks', '--cpu-list', '--pid', apart[role], String(pid)]);
}
