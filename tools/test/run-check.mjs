/**
 * What needs nothing but the sources: types, lint, format, import cycles, generated files and unit tests.
 */
import { availableParallelism } from 'node:os';
import { WRITE_GENERATED } from '../openapi/write-command.mjs';
import { binary, runNode } from './run-command.mjs';
import { runJest } from './run-jest.mjs';

/** @import { TestCount } from './run-jest.mjs' */

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {(signal?: AbortSignal) => Promise<{ good: boolean, seconds: number, output: string, tests?: TestCount }>} run
 */

/** The longest first, so that the short ones fill the gaps. */
const CHECKS = /** @type {Check[]} */ ([
  {
    name: 'unit tests',
    run: async (signal) => {
      const tests = await runJest('unit', { signal });
      return { good: tests.failed === 0, seconds: tests.seconds, output: tests.output, tests };
    },
  },
  { name: 'lint', run: command('eslint/bin/eslint.js', '.') },
  {
    name: 'types',
    run: command(
      'typescript/bin/tsc',
      '--project',
      '.',
      '--incremental',
      '--tsBuildInfoFile',
      '.nx/cache/types.tsbuildinfo',
    ),
  },
  {
    name: 'import cycles',
    run: command(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.mjs',
      '--cache',
      '.nx/cache/import-cycles',
      '--cache-strategy',
      'content',
      'apps',
      'libs',
      'tools',
      'e2e',
    ),
  },
  { name: 'generated files', run: node(...WRITE_GENERATED, '--check') },
  { name: 'format', run: command('@biomejs/biome/bin/biome', 'format', '.') },
]);

/**
 * Runs all of them, as many at once as there are processors, and says how each ended.
 * @param {(line: string) => void} say
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ failed: string[], tests: TestCount | null }>} names of what failed, and the unit tests' count
 */
export async function runCheck(say, signal) {
  const waiting = [...CHECKS];
  /** @type {string[]} */
  const failed = [];
  /** @type {TestCount | null} */
  let tests = null;
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const result = await check.run(signal);
      tests = result.tests ?? tests;
      if (!result.good) {
        failed.push(check.name);
        say(result.output);
      }
      const count = result.tests ? `, ${result.tests.passed} passed, ${result.tests.failed} failed` : '';
      say(`${result.good ? '✓' : '✗'} ${check.name} (${result.seconds.toFixed(1)} s${count})`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
  return { failed, tests };
}

/**
 * @param {string} program
 * @param {string[]} args
 * @returns {Check['run']}
 */
function command(program, ...args) {
  return node(binary(program), ...args);
}

/**
 * @param {string[]} args
 * @returns {Check['run']}
 */
function node(...args) {
  return async (signal) => {
    const { code, seconds, output } = await runNode(args, { signal });
    return { good: code === 0, seconds, output };
  };
}
