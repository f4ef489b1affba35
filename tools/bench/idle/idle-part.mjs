/**
 * Memory and processor time of the idle process, with and without containers, against a Node that does nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { apiAt } from '../../start/api-client.mjs';
import { makeBenchImages } from '../containers/bench-image.mjs';
import { freePortRange } from '../containers/free-port-range.mjs';
import { measuredInput } from '../containers/measured-app.mjs';
import { line } from '../report/lines.mjs';
import { memoryOf, processorSeconds } from './process-figures.mjs';
import { startProgram } from './program.mjs';
import { prepareStandalone } from './standalone.mjs';

/** @import { Line } from '../report/lines.mjs' */
/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { Memory } from './process-figures.mjs' */
/** @import { Program } from './program.mjs' */

/** @typedef {Memory & { cpu_seconds: number }} Idle */

/** Next to nothing, as a share of one core. */
const CPU_SHARE_AT_MOST = 0.01;

/** After a start or a change, so that what follows from it isn't taken for idleness. Milliseconds. */
const SETTLE_MS = 5_000;

const NOTHING = 'setInterval(() => undefined, 2 ** 30)';

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureIdle(bench) {
  const { settings, say } = bench;
  const count = settings.containers;
  const { first: image } = await makeBenchImages(bench);
  const firstPort = await freePortRange(bench);
  const standalone = await prepareStandalone(bench, 'idle');

  const bareNode = await startProgram(bench, 'bare Node', ['-e', NOTHING], {});
  let nebula = await standalone.start();
  say(`  idle for ${settings.idleSeconds} s: bare Node, and Nebula with no container …`);
  const [bare, empty] = await Promise.all([idle(bench, bareNode), idle(bench, nebula)]);
  await bareNode.stop();

  say(`  starting ${count} containers …`);
  const app = `bench-${bench.run}`;
  await apiAt(standalone.url).create(measuredInput(app, image, firstPort, count));
  await standalone.converged(app, count);
  say(`  idle for ${settings.idleSeconds} s with the ${count} containers that it has started …`);
  const afterStarting = await idle(bench, nebula);

  await nebula.stop();
  nebula = await standalone.start();
  await standalone.converged(app, count);
  say(`  idle for ${settings.idleSeconds} s, started anew, with ${count} containers …`);
  const full = await idle(bench, nebula);
  await nebula.stop();

  return {
    lines: [
      ...linesOf('0 containers', empty, bare, settings.idleSeconds),
      ...linesOf(`${count}, made by it`, afterStarting, bare, settings.idleSeconds),
      ...linesOf(`${count}, found by it`, full, bare, settings.idleSeconds),
    ],
    details: { seconds: settings.idleSeconds, bare, empty, afterStarting, full },
  };
}

/**
 * @param {Bench} bench
 * @param {Program} program
 * @returns {Promise<Idle>}
 */
async function idle({ settings, stopping }, { pid }) {
  await pause(SETTLE_MS, undefined, { signal: stopping });
  const before = await processorSeconds(pid);
  await pause(settings.idleSeconds * 1000, undefined, { signal: stopping });
  const cpu_seconds = (await processorSeconds(pid)) - before;
  return { ...(await memoryOf(pid)), cpu_seconds };
}

/**
 * @param {string} situation
 * @param {Idle} nebula
 * @param {Idle} bare
 * @param {number} seconds
 * @returns {Line[]}
 */
function linesOf(situation, nebula, bare, seconds) {
  const part = 'idle';
  const is = 'a Node process that does nothing';
  return [
    line({
      part,
      what: `${situation}: resident memory (RSS)`,
      unit: 'MB',
      value: nebula.rss_mb,
      baseline: { is, value: bare.rss_mb },
    }),
    line({
      part,
      what: `${situation}: own share of it (PSS)`,
      unit: 'MB',
      value: nebula.pss_mb,
      baseline: { is, value: bare.pss_mb },
    }),
    line({
      part,
      what: `${situation}: processor time in ${seconds} s`,
      unit: 's',
      value: nebula.cpu_seconds,
      baseline: { is, value: bare.cpu_seconds },
      valueAtMost: seconds * CPU_SHARE_AT_MOST,
    }),
  ];
}
