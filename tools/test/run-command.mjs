/**
 * Runs one command of the checks and tests.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '..', '..');

/** Between asking a process to end and killing it. */
const GRACE_MS = 20_000;

/**
 * @typedef {object} CommandResult
 * @property {number | null} code null when a signal ended it
 * @property {string} output both streams, when they were not shown
 * @property {number} seconds
 */

/**
 * @param {string[]} args of node
 * @param {object} [options]
 * @param {boolean} [options.show] pass the output through instead of keeping it
 * @param {Record<string, string>} [options.environment] added to ours
 * @param {AbortSignal | undefined} [options.signal] ends it
 * @returns {Promise<CommandResult>}
 */
export function runNode(args, { show = false, environment = {}, signal } = {}) {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: PROJECT,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      env: { ...process.env, ...environment },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    /** @type {NodeJS.Timeout | undefined} */
    let killing;
    const stop = () => {
      child.kill('SIGTERM');
      killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
      resolve({ code, output: output.trim(), seconds: (performance.now() - begin) / 1000 });
    });
  });
}

/**
 * @param {string} name of a program that a package of the workspace's root brings
 * @returns {string} its script, which node runs
 */
export function binary(name) {
  return join(PROJECT, 'node_modules', ...name.split('/'));
}
