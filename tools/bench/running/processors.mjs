/**
 * Which processors a process may use, so that what puts load on a server doesn't take turns with it.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The processors of a server, and the one of who asks it, by their numbers; null where there is one alone, so that they
 * can't be apart. Pure.
 * @param {string} allowed those that may be used, as `Cpus_allowed_list` of proc(5) has them: `0-3`, `2,3`
 * @returns {{ server: string, asking: string } | null} as taskset(1) takes them
 */
export function processorsApart(allowed) {
  const numbers = allowed.split(',').flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  const asking = numbers.pop();
  return asking === undefined || numbers.length === 0
    ? null
    : { server: numbers.join(','), asking: `${asking}` };
}

/**
 * Keeps a process, with all of its threads and those that they start, to its own processors.
 * @param {number} pid
 * @param {'server' | 'asking'} role
 * @returns {Promise<void>}
 * @throws {Error} when taskset(1) of util-linux isn't there, or may not
 */
export async function keepApart(pid, role) {
  const status = await readFile('/proc/self/status', 'utf8');
  const apart = processorsApart(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
  if (apart) await run('taskset', ['--all-tasks', '--cpu-list', '--pid', apart[role], String(pid)]);
}
