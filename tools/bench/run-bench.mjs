/**
 * npm run bench: measures the parts that were asked for, one after the other, and says what came out.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { prepare } from '../start/prepare.mjs';
import { readBenchArguments } from './arguments.mjs';
import { benchHelp } from './help.mjs';
import { renderBaselines, renderTable } from './report/table.mjs';
import { CleanUp } from './running/clean-up.mjs';

/** @import { PartName, Settings } from './arguments.mjs' */
/** @import { Line } from './report/lines.mjs' */
/** @import { Bench, Part } from './running/bench.mjs' */

const EXIT = { met: 0, limitNotMet: 1, usage: 2, notMeasured: 3, interrupted: 130 };

/** Standard output is for people on a terminal and for the JSON elsewhere. */
const PIPED = !process.stdout.isTTY;

/** @param {string} text */
const say = (text) => (PIPED ? console.error(text) : console.log(text));

/**
 * @param {string[]} argv
 * @returns {Promise<number>} the exit code
 */
export async function runBench(argv) {
  const read = readBenchArguments(argv);
  if (read.kind === 'help') {
    console.log(benchHelp());
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
    code = await measure(read.settings, cleanUp, stopping.signal);
  } catch (error) {
    if (!stopping.signal.aborted) console.error(error);
    code = stopping.signal.aborted && !crashed ? EXIT.interrupted : EXIT.notMeasured;
  }
  const problems = await cleanUp.run();
  for (const problem of problems) console.error(`Not removed: ${problem}`);
  return problems.length > 0 ? EXIT.notMeasured : code;
}

/**
 * @param {Settings} settings
 * @param {CleanUp} cleanUp
 * @param {AbortSignal} stopping
 * @returns {Promise<number>} the exit code
 */
async function measure(settings, cleanUp, stopping) {
  const { machineFacts } = await import('./report/machine.mjs');
  const begin = performance.now();
  const common = await surroundings(settings, cleanUp, stopping);
  const machine = await machineFacts(common.docker);

  /** @type {Line[]} */
  const lines = [];
  /** @type {Partial<Record<PartName, unknown>>} */
  const details = {};
  for (const name of settings.parts) {
    say(`${name}:`);
    const result = await measurePart(name, common, cleanUp);
    lines.push(...result.lines);
    details[name] = result.details;
  }

  const seconds = Math.round((performance.now() - begin) / 1000);
  const result = { measured_at: new Date().toISOString(), seconds, machine, settings, lines, details };
  const json = `${JSON.stringify(result, null, 2)}\n`;
  await mkdir(dirname(settings.json), { recursive: true });
  await writeFile(settings.json, json);
  say(['', renderTable(lines), '', renderBaselines(lines), '', `All samples: ${settings.json}`].join('\n'));
  if (PIPED) process.stdout.write(json);
  return lines.some(({ met }) => met === false) ? EXIT.limitNotMet : EXIT.met;
}

/**
 * @param {Settings} settings
 * @param {CleanUp} cleanUp
 * @param {AbortSignal} stopping
 * @returns {Promise<Omit<Bench, 'cleanUp'>>}
 */
async function surroundings(settings, cleanUp, stopping) {
  const { dockerAt } = await import('../start/docker-client.mjs');
  // A short path, since that of a socket in it has at most 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), 'nebula-bench-'));
  cleanUp.add(`folder ${folder}`, () => rm(folder, { recursive: true, force: true }));
  const { testEngine } = await import('../test/test-engine.mjs');
  const { host: dockerHost, stop } = await testEngine(say);
  cleanUp.add('the Docker Engine', stop);
  const run = randomBytes(3).toString('hex');
  return { run, folder, dockerHost, docker: dockerAt(dockerHost), settings, stopping, say };
}

/**
 * Measures one part and removes what it made, so that nothing of it is there while the next is measured.
 * @param {PartName} name
 * @param {Omit<Bench, 'cleanUp'>} common
 * @param {CleanUp} whole removes what could not be removed here, once more
 */
async function measurePart(name, common, whole) {
  common.stopping.throwIfAborted();
  const part = await partNamed(name);
  const cleanUp = new CleanUp();
  const finish = whole.add(`what ${name} made`, () => undo(cleanUp));
  const result = await part({ ...common, cleanUp });
  await finish();
  return result;
}

/** @param {CleanUp} cleanUp */
async function undo(cleanUp) {
  const problems = await cleanUp.run();
  if (problems.length > 0) throw new Error(problems.join('; '));
}

/**
 * Parts are loaded when they are needed: what they import has to be installed and built by then.
 * @param {PartName} name
 * @returns {Promise<Part>}
 */
async function partNamed(name) {
  switch (name) {
    case 'containers':
      return (await import('./containers/containers-part.mjs')).measureContainers;
    case 'start':
      return (await import('./worker-start/worker-start-part.mjs')).measureWorkerStart;
    case 'api':
      return (await import('./api/api-part.mjs')).measureApi;
    case 'idle':
      return (await import('./idle/idle-part.mjs')).measureIdle;
  }
}
