/**
 * Makes a clone ready to run: its dependencies and its build.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROJECT = join(import.meta.dirname, '..', '..');

/** The newest that runs on Node 20. One version, so that every clone is installed alike. */
const PNPM = 'pnpm@10.34.9';

/** In it stands for which run of the tests all of this was built. */
export const BUILT_FOR = join(PROJECT, '.test', 'built-for');

/**
 * Installs the dependencies when they are not those of the lock file, and builds what has changed. Quiet, but for
 * one line before it installs. When something fails it prints all that was said, and ends the process with 1,
 * since nothing can go on.
 * @param {object} [options]
 * @param {boolean} [options.build] whether to build as well
 */
export async function prepare({ build = true } = {}) {
  if (!isInstalled()) {
    console.error('Installing the dependencies (once, and when they change) …');
    await orEnd('npx', ['--yes', PNPM, 'install', '--frozen-lockfile']);
  }
  if (build && !isBuilt()) {
    const nx = join(PROJECT, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
    await orEnd(process.execPath, [nx, 'run-many', '-t', 'build']);
  }
}

/**
 * Whether a run of the tests goes on for which this was built: to build it anew would take from its other tests, for a
 * moment, what they run. In a clone that the tests have made nothing was.
 */
function isBuilt() {
  const { NEBULA_TEST_RUN = '' } = process.env;
  try {
    return NEBULA_TEST_RUN !== '' && readFileSync(BUILT_FOR, 'utf8') === NEBULA_TEST_RUN;
  } catch {
    return false;
  }
}

/** pnpm keeps a copy of the lock file that it has installed from, and writes it last. Asking pnpm takes seconds. */
function isInstalled() {
  try {
    const installed = readFileSync(join(PROJECT, 'node_modules', '.pnpm', 'lock.yaml'));
    return installed.equals(readFileSync(join(PROJECT, 'pnpm-lock.yaml')));
  } catch {
    return false;
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 */
async function orEnd(program, args) {
  const problem = await run(program, args);
  if (problem === null) return;
  console.error(`${problem}\n\nFailed: ${[program, ...args].join(' ')}`);
  process.exit(1);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<string | null>} null when it succeeds, else what it said
 */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Neither may ask a question or leave a process behind.
      env: { ...process.env, CI: 'true', NX_DAEMON: 'false', NX_TUI: 'false' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? null : output.trim() || `it ended with ${code}`));
  });
}
