/**
 * Runs what was asked for, one kind after the other, and ends what it started in every outcome.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pidIn } from '../engine/processes.mjs';
import { BUILT_FOR, prepare } from '../start/prepare.mjs';
import { newMark, stopLeftServices } from './left-services.mjs';
import { runCheck } from './run-check.mjs';
import { lanesOf } from './lanes.mjs';
import { PROJECT } from './run-command.mjs';
import { NEEDS_ENGINE, runJest } from './run-jest.mjs';
import { summaryOf } from './summary.mjs';
import { givenEngine, testEngine } from './test-engine.mjs';

/** @import { Kind, Wish } from './arguments.mjs' */
/** @import { Part } from './lanes.mjs' */
/** @import { TestCount } from './run-jest.mjs' */
/** @import { TestEngine } from './test-engine.mjs' */

/** All of it, on a machine that has bad luck. Whatever takes longer hangs. */
const LIMIT_MS = 60 * 60_000;

/** Files that have a second try. Where more fail, something is broken. */
const MOST_SECOND_TRIES = 3;

/** Holds the id of the run, since two would share one engine. */
const RUN_FILE = join(PROJECT, '.test', 'run.pid');

/** @param {string} line */
const say = (line) => console.log(line);

/**
 * @param {Wish} wish
 * @returns {Promise<number>} the exit code
 */
export async function runTests(wish) {
  const begun = performance.now();
  const other = pidIn(RUN_FILE, (command) => command.some((part) => basename(part) === 'test.mjs'));
  if (other !== null && other !== process.pid) {
    console.error(`The tests of this clone run already, as process ${other}.`);
    return 1;
  }
  mkdirSync(join(PROJECT, '.test'), { recursive: true });
  writeFileSync(RUN_FILE, String(process.pid));

  const stopping = new AbortController();
  /** @type {string[]} */
  const problems = [];
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => stopping.abort(`stopped by ${signal}`));
  }
  const limit = setTimeout(() => stopping.abort(`not done after ${LIMIT_MS / 60_000} minutes`), LIMIT_MS);
  const counts = await runAll(wish, stopping.signal, problems).catch((error) => {
    problems.push(messageOf(error));
    return /** @type {TestCount[]} */ ([]);
  });
  clearTimeout(limit);
  rmSync(RUN_FILE, { force: true });

  if (stopping.signal.aborted) problems.push(String(stopping.signal.reason));
  const sum = (/** @type {'passed' | 'failed' | 'skipped' | 'atSecondTry'} */ key) =>
    counts.reduce((total, count) => total + count[key], 0);
  if (sum('skipped') > 0) problems.push(`${sum('skipped')} tests are skipped, and none may be`);
  if (problems.length === 0 && sum('passed') + sum('failed') === 0) problems.push('there is no such test');
  // Once more, since what was printed of it may be thousands of lines away.
  problems.unshift(...counts.flatMap(({ failures }) => failures));
  for (const problem of problems) say(`Failed: ${problem}`);
  const seconds = (performance.now() - begun) / 1_000;
  const totals = { passed: sum('passed'), failed: sum('failed'), atSecondTry: sum('atSecondTry') };
  for (const line of summaryOf({ ...totals, seconds })) say(line);
  return problems.length === 0 && sum('failed') === 0 ? 0 : 1;
}

/**
 * @param {Wish} wish
 * @param {AbortSignal} signal
 * @param {string[]} problems to add to
 * @returns {Promise<TestCount[]>}
 */
async function runAll({ kinds, patterns, check }, signal, problems) {
  const onEngine = kinds.filter((kind) => NEEDS_ENGINE.includes(kind));
  await prepare({ build: onEngine.length > 0 });
  /** @type {TestCount[]} */
  const counts = [];
  const options = { patterns, mayBeNone: patterns.length > 0 && kinds.length > 1, show: true, signal };
  if (check) {
    const { failed, tests } = await runCheck(say, signal);
    problems.push(...failed.filter((name) => name !== 'unit tests'));
    if (tests) counts.push(tests);
  } else if (kinds.includes('unit')) counts.push(await runJest('unit', options));
  if (kinds.includes('component') && !signal.aborted) {
    say('\ncomponent:');
    counts.push(await runJest('component', options));
  }

  if (onEngine.length === 0 || signal.aborted) return counts;
  const mark = newMark();
  mkdirSync(dirname(BUILT_FOR), { recursive: true });
  writeFileSync(BUILT_FOR, Object.values(mark).join());
  /** @type {TestEngine | undefined} */
  let engine;
  try {
    if (onEngine.some((kind) => kind !== 'deploy')) engine = await testEngine(say);
    const environment = { ...mark, ...(engine ? { NEBULA_TEST_DOCKER_HOST: engine.host } : {}) };
    const lanes = lanesOf(onEngine, patterns, { oneEngine: givenEngine() !== undefined });
    const ended = await Promise.allSettled(
      lanes.map((lane) => runLane(lane, { ...options, environment }, counts)),
    );
    for (const lane of ended) if (lane.status === 'rejected') problems.push(messageOf(lane.reason));
  } catch (error) {
    // What was counted until here is said all the same.
    problems.push(messageOf(error));
  }
  await stopLeftServices(mark).catch((error) =>
    problems.push(`services were not stopped: ${messageOf(error)}`),
  );
  await engine?.stop().catch((error) => problems.push(`the engine was not stopped: ${messageOf(error)}`));
  return counts;
}

/** @typedef {Parameters<typeof runJest>[1] & {}} Options */

/**
 * Runs the parts of a lane one after the other.
 * @param {readonly Part[]} lane
 * @param {Options} options
 * @param {TestCount[]} counts to add to
 */
async function runLane(lane, options, counts) {
  for (const { kind, engine, ...part } of lane) {
    if (options.signal?.aborted) return;
    say(`\n${part.name}:`);
    const given = { ...options, ...part };
    const count = engine ? await runOnOneMoreEngine(engine, kind, given) : await runTwice(kind, given);
    counts.push(count);
    say(`${part.name} took ${count.seconds.toFixed(0)} s.`);
  }
}

/**
 * @param {string} name of the engine
 * @param {Kind} kind
 * @param {Options} options
 * @returns {Promise<TestCount>}
 */
async function runOnOneMoreEngine(name, kind, options) {
  const engine = await testEngine(say, name);
  const environment = { ...options.environment, NEBULA_TEST_DOCKER_HOST: engine.host };
  try {
    return await runTwice(kind, { ...options, environment });
  } finally {
    await engine.stop();
  }
}

/**
 * Runs tests of real services. A few files that fail have a second try, which is told by name: while a disk stands still,
 * an engine or a broker may exceed a time limit of its own, which is no fault of what is tested.
 * @param {Kind} kind
 * @param {Options} options
 * @returns {Promise<TestCount>}
 */
async function runTwice(kind, options) {
  const first = await runJest(kind, options);
  const { failedFiles } = first;
  if (failedFiles.length === 0 || failedFiles.length > MOST_SECOND_TRIES || options.signal?.aborted)
    return first;
  const names = failedFiles.map((file) => relative(PROJECT, file));
  say(`\nA second try of ${names.join(', ')}:`);
  const second = await runJest(kind, { ...options, patterns: names, without: [] });
  if (second.failed > 0)
    return { ...first, failures: [...first.failures, ...second.failures.map(toldOfSecondTry)] };
  say('Passed at the second try alone, which is worth a look:');
  for (const failure of first.failures) say(failure);
  return {
    ...{ ...first, passed: first.passed + first.failed, failed: 0, atSecondTry: names.length },
    ...{ failedFiles: [], failures: [] },
  };
}

/** @param {string} failure */
const toldOfSecondTry = (failure) => `at the second try ${failure}`;

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
