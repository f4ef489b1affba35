/**
 * Processes that outlive the program that started them: told by what they run, and ended by their id.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';

const POLL_MS = 50;

/**
 * @param {number} pid
 * @returns {string[]} its arguments; empty when there is no such process, or it has ended and waits for its parent
 */
export function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/**
 * @param {number} pid
 * @returns {string[]} what its environment was when it started, each as `NAME=value`; empty as for `commandOf`
 */
export function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/**
 * @param {string} file with a process id
 * @param {(command: string[]) => boolean} isIt ids are used again, so the id alone proves nothing
 * @returns {number | null} the id, if that process runs
 */
export function pidIn(file, isIt) {
  let pid;
  try {
    pid = Number(readFileSync(file, 'utf8').trim());
  } catch {
    return null;
  }
  return Number.isInteger(pid) && pid > 1 && isIt(commandOf(pid)) ? pid : null;
}

/**
 * @param {(command: string[]) => boolean} isIt
 * @returns {number[]} ids of all processes whose arguments are these
 */
export function pidsOf(isIt) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isIt(commandOf(pid)));
}

/**
 * @param {number} pid
 * @returns {number[]} ids of the processes that it has started
 */
export function childrenOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(/\s+/))
      .filter((text) => text !== '')
      .map(Number);
  } catch {
    return [];
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(isNativeError(error) && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Not told by its arguments: a process that becomes another program has none for a moment.
 * @param {number} pid
 */
function runs(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses can hold anything (proc(5)). A zombie has ended and waits for its parent.
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

/**
 * @param {number} pid
 * @param {number} limitMs
 * @returns {Promise<boolean>} whether it has ended within the limit
 */
export async function ended(pid, limitMs) {
  const deadline = performance.now() + limitMs;
  while (runs(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/**
 * Ends a process in order, or by force when it takes too long.
 * @param {number} pid
 * @param {number} limitMs how long it may take to end in order
 */
export async function end(pid, limitMs) {
  send(pid, 'SIGTERM');
  if (await ended(pid, limitMs)) return;
  send(pid, 'SIGKILL');
  if (!(await ended(pid, 10_000))) throw new Error(`the process ${pid} does not end, not even by SIGKILL`);
}
