/**
 * Memory and processor time of a process, from Linux' /proc.
 */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Clock ticks per second in /proc/<pid>/stat. */
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/**
 * @typedef {object} Memory
 * @property {number} rss_mb resident, shared pages counted in full, MB of 1,000,000 bytes
 * @property {number} pss_mb resident, shared pages counted by share
 */

/**
 * @param {number} pid
 * @returns {Promise<Memory>}
 */
export async function memoryOf(pid) {
  const [status, rollup] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
  ]);
  return { rss_mb: megabytes(status, 'VmRSS'), pss_mb: megabytes(rollup, 'Pss') };
}

/**
 * @param {number} pid
 * @returns {Promise<number>} seconds of processor time, in user and in system mode, since its start
 */
export async function processorSeconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold anything, so count from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/**
 * @param {string} text lines as `Name:  123 kB`
 * @param {string} name
 */
function megabytes(text, name) {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (kilobytes === undefined) throw new Error(`the kernel says nothing about ${name}`);
  return (Number(kilobytes) * 1024) / 1_000_000;
}
