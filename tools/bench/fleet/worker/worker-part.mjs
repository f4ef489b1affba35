/**
 * Memory and start of the worker as it is on a server: the bundled file, on RabbitMQ and Docker, with containers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { RabbitFeed } from '@nebula/messaging';
import { freePorts } from '../../../services/free-port.mjs';
import { dockerAt } from '../../../start/docker-client.mjs';
import { testEngine } from '../../../test/test-engine.mjs';
import { makeBenchImages } from '../../containers/bench-image.mjs';
import { freePortRange } from '../../containers/free-port-range.mjs';
import { MeasuredApp } from '../../containers/measured-app.mjs';
import { removeOwnThings } from '../../containers/removal.mjs';
import { memoryOf, processorSeconds } from '../../idle/process-figures.mjs';
import { startProgram } from '../../idle/program.mjs';
import { line } from '../../report/lines.mjs';
import { summarize } from '../../report/statistics.mjs';
import { startOwnBroker } from '../broker/own-broker.mjs';
import { answering } from './answering.mjs';
import { BundledWorker } from './bundled-worker.mjs';
import { ReportedStates } from './reported-states.mjs';

/** @import { Engine, PartResult } from '../../running/bench.mjs' */
/** @import { Memory } from '../../idle/process-figures.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

/** Resident, on a server that has little. */
const MEMORY_AT_MOST_MB = 80;

/** After a start, until memory is looked at. Milliseconds. */
const SETTLE_MS = 10_000;

/** V8 removes what the making of the containers has left when the worker was idle for about half a minute. */
const IDLE_MS = 40_000;

/** So long the processor time of an idle worker is taken, seconds. */
const CPU_SECONDS = 60;

/** Next to nothing, as a share of one core. */
const CPU_SHARE_AT_MOST = 0.01;

/**
 * @typedef {object} Start
 * @property {number} ready_seconds until /readyz says that nothing is missing
 * @property {number} planned_seconds until it has told that all containers are right
 * @property {Memory} memory
 */

/** @typedef {{ ready_seconds: number, memory: Memory }} BareStart */

/**
 * @param {FleetBench} given
 * @returns {Promise<PartResult>}
 */
export async function measureWorker(given) {
  const { settings, say, cleanUp } = given;
  const engine = await testEngine(say);
  cleanUp.add('Docker Engine', engine.stop);
  const bench = { ...given, docker: dockerAt(engine.host), dockerHost: engine.host };
  const { first: image } = await makeBenchImages(bench);
  const firstPort = await freePortRange(bench);
  const broker = await startOwnBroker(bench);
  const feed = new RabbitFeed({ ...broker.options('api'), region: 'default' });
  cleanUp.add('feed', () => feed.close());
  const states = await ReportedStates.open(bench, broker.options('api'));
  const scope = `bench-${bench.run}-worker`;
  cleanUp.add('containers of the worker', () => removeOwnThings(bench.docker, scope));
  const app = new MeasuredApp(bench, { feed }, firstPort);
  const worker = await BundledWorker.make(bench, { scope, app: app.name, rabbit: broker.options('worker') });

  say(`  a worker makes ${settings.containers} containers …`);
  const revision = await publishSoon(bench, app, image);
  const program = await worker.start();
  await states.converged(revision, program);
  const making = await memoryOf(program.pid);
  await pause(IDLE_MS, undefined, { signal: bench.stopping });
  const made = await memoryOf(program.pid);
  say(`  idle for ${CPU_SECONDS} s with the ${settings.containers} containers …`);
  const before = await processorSeconds(program.pid);
  await pause(CPU_SECONDS * 1000, undefined, { signal: bench.stopping });
  const cpu_seconds = (await processorSeconds(program.pid)) - before;
  await program.stop();

  /** @type {Start[]} */
  const starts = [];
  /** @type {BareStart[]} */
  const bare = [];
  for (let round = 1; round <= settings.starts; round += 1) {
    bare.push(await bareStart(bench));
    const start = await startOnce(bench, worker, states, revision);
    starts.push(start);
    say(
      `  start ${round}: ready after ${start.ready_seconds.toFixed(2)} s, ` +
        `${start.memory.rss_mb.toFixed(1)} MB resident`,
    );
  }
  return {
    lines: linesOf(settings.containers, { making, made, cpu_seconds }, starts, bare),
    details: {
      containers: settings.containers,
      node: process.version,
      making,
      made,
      cpu_seconds,
      starts,
      bare,
    },
  };
}

/**
 * @param {number} containers
 * @param {{ making: Memory, made: Memory, cpu_seconds: number }} idle memory when it has just made them, and when it was
 *   idle after that; processor time while it was idle
 * @param {Start[]} starts
 * @param {BareStart[]} bare
 */
function linesOf(containers, { making, made, cpu_seconds }, starts, bare) {
  const part = 'worker';
  const is = 'a Node process that answers HTTP and does nothing else';
  const bareMemory = summarize(bare.map(({ memory }) => memory.rss_mb));
  return [
    line({
      ...{ part, what: `${containers} containers, made by it: resident memory`, unit: 'MB' },
      value: made.rss_mb,
      baseline: { is, value: bareMemory },
      valueAtMost: MEMORY_AT_MOST_MB,
    }),
    line({
      ...{ part, what: `${containers} containers, just made by it: resident memory`, unit: 'MB' },
      value: making.rss_mb,
      baseline: { is, value: bareMemory },
    }),
    line({
      ...{ part, what: `${containers} containers, idle: processor time in ${CPU_SECONDS} s`, unit: 's' },
      value: cpu_seconds,
      valueAtMost: CPU_SECONDS * CPU_SHARE_AT_MOST,
    }),
    line({
      ...{ part, what: `${containers} containers, found by it: resident memory`, unit: 'MB' },
      value: summarize(starts.map(({ memory }) => memory.rss_mb)),
      baseline: { is, value: bareMemory },
      valueAtMost: MEMORY_AT_MOST_MB,
    }),
    line({
      ...{ part, what: 'cold start until ready', unit: 's' },
      value: summarize(starts.map(({ ready_seconds }) => ready_seconds)),
      baseline: { is, value: summarize(bare.map(({ ready_seconds }) => ready_seconds)) },
    }),
    line({
      ...{ part, what: `cold start until ${containers} containers are known to be right`, unit: 's' },
      value: summarize(starts.map(({ planned_seconds }) => planned_seconds)),
    }),
  ];
}

/**
 * The feed has just begun to connect.
 * @param {FleetBench & Engine} bench
 * @param {MeasuredApp} app
 * @param {string} image
 */
async function publishSoon({ stopping }, app, image) {
  for (let tried = 0; ; tried += 1) {
    try {
      return await app.publish(image);
    } catch (error) {
      if (tried === 50) throw error;
      await pause(100, undefined, { signal: stopping });
    }
  }
}

/**
 * @param {FleetBench} bench
 * @param {BundledWorker} worker
 * @param {ReportedStates} states
 * @param {number} revision
 * @returns {Promise<Start>}
 */
async function startOnce({ stopping }, worker, states, revision) {
  states.forget();
  const begin = performance.now();
  const program = await worker.start();
  const planned = states.converged(revision, program).then(() => performance.now());
  // It is awaited below, whatever happens before.
  planned.catch(() => undefined);
  const ready_seconds = ((await worker.ready(program)) - begin) / 1000;
  const planned_seconds = ((await planned) - begin) / 1000;
  await pause(SETTLE_MS, undefined, { signal: stopping });
  const memory = await memoryOf(program.pid);
  await program.stop();
  return { ready_seconds, planned_seconds, memory };
}

/** @param {FleetBench} bench @returns {Promise<BareStart>} */
async function bareStart(bench) {
  const [port = 0] = await freePorts(1);
  const script = `import { createServer } from 'node:http';
    createServer((_request, response) => response.end()).listen(${port}, '127.0.0.1');`;
  const begin = performance.now();
  const program = await startProgram(bench, 'bare Node', ['--input-type=module', '-e', script], {});
  await answering(`http://127.0.0.1:${port}/`, program, bench.stopping);
  const ready_seconds = (performance.now() - begin) / 1000;
  await pause(1_000, undefined, { signal: bench.stopping });
  const memory = await memoryOf(program.pid);
  await program.stop();
  return { ready_seconds, memory };
}
