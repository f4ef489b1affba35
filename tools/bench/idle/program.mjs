/**
 * A program whose idle process is measured.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @import { Surroundings } from '../running/bench.mjs' */

/** Time that it has to end in order, milliseconds. */
const STOP_LIMIT_MS = 30_000;

/**
 * @typedef {object} Program
 * @property {number} pid
 * @property {() => boolean} ended
 * @property {Promise<unknown>} exited resolves when it has ended, whatever has ended it
 * @property {() => Promise<void>} stop
 */

/**
 * Runs Node with these arguments, in the run's folder and with no environment but this one, so that the
 * configuration of the machine doesn't count. It is stopped at the end of the part at the latest.
 * @param {Pick<Surroundings, 'cleanUp' | 'folder'>} bench
 * @param {string} what
 * @param {string[]} args
 * @param {Record<string, string>} environment
 * @returns {Promise<Program>}
 */
export async function startProgram({ cleanUp, folder }, what, args, environment) {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'ignore', 2],
  });
  const exited = once(child, 'exit');
  await once(child, 'spawn');
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const stop = cleanUp.add(what, async () => {
    if (ended()) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(kill);
  });
  return { pid: child.pid ?? 0, ended, exited, stop };
}
