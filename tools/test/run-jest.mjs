/**
 * Runs the tests of one kind and counts them.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { binary, PROJECT, runNode } from './run-command.mjs';

/** @import { Kind } from './arguments.mjs' */

/** @type {readonly Kind[]} */
export const NEEDS_ENGINE = ['integration', 'e2e', 'deploy'];

/** Characters of a failure's message that are told once more at the end. */
const LONGEST_BEGINNING = 300;

/**
 * @typedef {object} TestCount
 * @property {number} passed
 * @property {number} failed tests, and files that could not be run
 * @property {number} skipped
 * @property {number} atSecondTry files that passed at the second try alone
 * @property {number} seconds
 * @property {string} output empty when it was shown
 * @property {string[]} failedFiles paths of the files in which something failed
 * @property {string[]} failures a line each: the file, the test and how it began to fail
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
  return { ...count(file, code), atSecondTry: 0, seconds, output };
}

/**
 * @param {string} file that Jest has written, or not
 * @param {number | null} code
 */
function count(file, code) {
  const result = readResult(file);
  // Without a result it has ended in the middle: that it failed is all that is known.
  if (!result) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0, failedFiles: [], failures: [] };
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
    failedFiles: result.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name),
    failures: result.testResults.flatMap(failuresOf),
  };
}

/**
 * @param {FileResult} file
 * @returns {string[]}
 */
function failuresOf({ name, status, message, assertionResults }) {
  if (status !== 'failed') return [];
  const file = relative(PROJECT, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  // Without a failed test the file itself could not be run.
  if (failed.length === 0) return [`${file}: ${beginning(message)}`];
  return failed.map(
    ({ fullName, failureMessages }) => `${file}: ${fullName}: ${beginning(failureMessages[0])}`,
  );
}

/**
 * @param {string} [message]
 * @returns {string} what of it fits into a line
 */
function beginning(message = '') {
  return stripVTControlCharacters(message).replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_BEGINNING);
}

/**
 * @typedef {object} FileResult
 * @property {string} name
 * @property {string} status
 * @property {string} message
 * @property {{ status: string, fullName: string, failureMessages: string[] }[]} assertionResults
 */

/**
 * @typedef {object} JestResult
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numRuntimeErrorTestSuites
 * @property {FileResult[]} testResults
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
