/**
 * Runs the tests of one kind and counts them.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { binary, PROJECT, runNode } from './run-command.mjs';

/** @import { Kind } from './arguments.mjs' */

/** @type {readonly Kind[]} */
export const NEEDS_ENGINE = ['integration', 'e2e', 'deploy'];

/**
 * @typedef {object} TestCount
 * @property {number} passed
 * @property {number} failed tests, and files that could not be run
 * @property {number} skipped
 * @property {number} seconds
 * @property {string} output empty when it was shown
 * @property {string[]} failedFiles paths of the files in which something failed
 */

/**
 * @param {Kind} kind
 * @param {object} [options]
 * @param {string[]} [options.patterns] parts of paths
 * @param {string[]} [options.without] parts of paths that are left out
 * @param {string} [options.name] of the result's file
 * @param {boolean} [options.mayBeNone] no file with such a path is no failure
 * @param {boolean} [options.show]
 * @param {Record<string, string>} [options.environment]
 * @param {AbortSignal | undefined} [options.signal]
 * @returns {Promise<TestCount>}
 */
export async function runJest(
  kind,
  { patterns = [], without = [], mayBeNone = false, name = kind, ...options } = {},
) {
  const results = join(PROJECT, '.test', 'results');
  mkdirSync(results, { recursive: true });
  const file = join(results, `${name}.json`);
  rmSync(file, { force: true });
  const { code, output, seconds } = await runNode(
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      binary('jest/bin/jest.js'),
      '--selectProjects',
      kind,
      // Engine and machine are shared, so one test file at a time where they are used. The others use a processor half
      // of their time, and wait for the other half.
      // A test that fails may leave a connection open, which must not hold up the end.
      ...(NEEDS_ENGINE.includes(kind)
        ? ['--runInBand', '--forceExit']
        : [`--maxWorkers=${2 * availableParallelism()}`]),
      ...(mayBeNone ? ['--passWithNoTests'] : []),
      '--json',
      `--outputFile=${file}`,
      '--ci',
      ...without.flatMap((part) => ['--testPathIgnorePatterns', part]),
      ...(patterns.length > 0 ? ['--', ...patterns] : []),
    ],
    options,
  );
  return { ...count(file, code), seconds, output };
}

/**
 * @param {string} file that Jest has written, or not
 * @param {number | null} code
 */
function count(file, code) {
  const result = readResult(file);
  // Without a result it has ended in the middle: that it failed is all that is known.
  if (!result) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0, failedFiles: [] };
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
    failedFiles: result.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name),
  };
}

/**
 * @typedef {object} JestResult
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numRuntimeErrorTestSuites
 * @property {{ name: string, status: string }[]} testResults
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 */

/** @type {(text: string) => JestResult} */
const parseResult = JSON.parse;

/**
 * @param {string} file
 * @returns {JestResult | null}
 */
function readResult(file) {
  try {
    return parseResult(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
