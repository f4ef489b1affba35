/**
 * Runs a benchmark: measures the parts that were asked for, one after the other, and says what came out.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { prepare } from '../../start/prepare.mjs';
import { renderBaselines, renderTable } from '../report/table.mjs';
import { CleanUp } from './clean-up.mjs';

/** @import { Line } from '../report/lines.mjs' */
/** @import { PartResult, Surroundings } from './bench.mjs' */

/**
 * @template Settings
 * @typedef {{ kind: 'settings', settings: Settings } | { kind: 'help' } | { kind: 'usage', problem: string }} Arguments
 */

/** @typedef {{ parts: readonly string[], json: string }} CommonSettings `json` is the path of the result */

/**
 * @template {CommonSettings} Settings
 * @template More what parts are given beside the surroundings and the settings
 * @typedef {object} Benchmark
 * @property {(argv: string[]) => Arguments<Settings>} read
 * @property {() => string} help
 * @property {(common: Surroundings, settings: Settings) => Promise<{ more: More, machine: object }>} prepare
 *   makes what all parts use, and says on what it is measured
 * @property {(name: Settings['parts'][number]) => Promise<(bench: Surroundings & More & { settings: Settings }) => Promise<PartResult>>} part
 *   loads a part, which is done when it is needed: what it imports has to be installed and built by then
 */

const EXIT = { met: 0, limitNotMet: 1, usage: 2, notMeasured: 3, interrupted: 130 };

/** Standard output is for people on a terminal and for the JSON elsewhere. */
const PIPED = !process.stdout.isTTY;

/** @param {string} text */
const say = (text) => (PIPED ? console.error(text) : console.log(text));

/**
 * @template {CommonSettings} Settings
 * @template More
 * @param {string[]} argv
 * @param {Benchmark<Settings, More>} benchmark
 * @returns {Promise<number>} the exit code
 */
export async function runBenchmark(argv, benchmark) {
  const read = benchmark.read(argv);
  if (read.kind === 'help') {
    console.log(benchmark.help());
    return EXIT.met;
  }
  if (read.kind === 'usage') {
    console.error(read.problem);
    return EXIT.usage;
  }
  await prepare();

  const stopping = new AbortController();
  // npm passes on a signal that the terminal has sent to all, so it may come twice: all are one wish.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) say('Stopping: removing what was made …');
      stopping.abort();
    });
  }
  let crashed = false;
  process.on('uncaughtException', (error) => {
    // What was made must still be removed.
    console.error(error);
    crashed = true;
    stopping.abort();
  });
  const cleanUp = new CleanUp();
  let code;
  try {
    code = await measure(benchmark, read.settings, await surroundings(cleanUp, stopping.signal));
  } catch (error) {
    if (!stopping.signal.aborted) console.error(error);
    code = stopping.signal.aborted && !crashed ? EXIT.interrupted : EXIT.notMeasured;
  }
  const problems = await cleanUp.run();
  for (const problem of problems) console.error(`Not removed: ${problem}`);
  return problems.length > 0 ? EXIT.notMeasured : code;
}

/**
 * @template {CommonSettings} Settings
 * @template More
 * @param {Benchmark<Settings, More>} benchmark
 * @param {Settings} settings
 * @param {Surroundings} common
 * @returns {Promise<number>} the exit code
 */
async function measure(benchmark, settings, common) {
  const begin = performance.now();
  const { more, machine } = await benchmark.prepare(common, settings);

  /** @type {Line[]} */
  const lines = [];
  /** @type {Record<string, unknown>} */
  const details = {};
  /** @type {Record<string, string>} */
  const failed = {};
  for (const name of /** @type {Settings['parts'][number][]} */ (settings.parts)) {
    say(`${name}:`);
    try {
      const part = await benchmark.part(name);
      const result = await measurePart(name, part, { ...common, ...more, settings });
      lines.push(...result.lines);
      details[name] = result.details;
    } catch (error) {
      common.stopping.throwIfAborted();
      // What the other parts say is still worth having.
      console.error(error);
      failed[name] = error instanceof Error ? error.message : String(error);
    }
  }

  const seconds = Math.round((performance.now() - begin) / 1000);
  const result = {
    measured_at: new Date().toISOString(),
    seconds,
    machine,
    settings,
    lines,
    details,
    failed,
  };
  const json = `${JSON.stringify(result, null, 2)}\n`;
  await mkdir(dirname(settings.json), { recursive: true });
  await writeFile(settings.json, json);
  say(['', renderTable(lines), '', renderBaselines(lines), '', `All samples: ${settings.json}`].join('\n'));
  if (PIPED) process.stdout.write(json);
  for (const [name, problem] of Object.entries(failed)) say(`Not measured: ${name}: ${problem}`);
  if (Object.keys(failed).length > 0) return EXIT.notMeasured;
  return lines.some(({ met }) => met === false) ? EXIT.limitNotMet : EXIT.met;
}

/**
 * @param {CleanUp} cleanUp
 * @param {AbortSignal} stopping
 * @returns {Promise<Surroundings>}
 */
async function surroundings(cleanUp, stopping) {
  // A short path, since that of a socket in it has at most 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), 'nebula-bench-'));
  cleanUp.add(`folder ${folder}`, () => rm(folder, { recursive: true, force: true }));
  return { run: randomBytes(3).toString('hex'), folder, cleanUp, stopping, say };
}

/**
 * Measures one part and removes what it made, so that nothing of it is there while the next is measured.
 * @template {Surroundings} Given
 * @param {string} name
 * @param {(bench: Given) => Promise<PartResult>} part
 * @param {Given} given whose clean-up removes what could not be removed here, once more
 */
async function measurePart(name, part, given) {
  given.stopping.throwIfAborted();
  const cleanUp = new CleanUp();
  const finish = given.cleanUp.add(`what ${name} made`, () => undo(cleanUp));
  const result = await part({ ...given, cleanUp });
  await finish();
  return result;
}

/** @param {CleanUp} cleanUp */
async function undo(cleanUp) {
  const problems = await cleanUp.run();
  if (problems.length > 0) throw new Error(problems.join('; '));
}
