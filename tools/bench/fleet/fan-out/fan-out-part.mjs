/**
 * How long a change takes to the last of all consumers, what they cost the broker, and what happens when all of them
 * lose their connection at once.
 */
import { join } from 'node:path';
import { line } from '../../report/lines.mjs';
import { median, summarize } from '../../report/statistics.mjs';
import { OwnApi } from '../api/own-api.mjs';
import { startOwnBroker } from '../broker/own-broker.mjs';
import { Consumers } from '../consumers/consumers.mjs';
import { FOLLOWED_APP, FOLLOWED_INPUT } from '../consumers/followed-app.mjs';
import { monotonicMs } from '../monotonic.mjs';
import { Raw } from '../publish/raw.mjs';
import { measureStorm, stormLines } from './storm.mjs';

/** @import { Summary } from '../../report/statistics.mjs' */
/** @import { PartResult } from '../../running/bench.mjs' */
/** @import { OwnBroker } from '../broker/own-broker.mjs' */
/** @import { ConsumerInput } from '../consumers/consumer-process.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

/** What our feed may take, as a multiple of raw consumers. */
const RATIO_AT_MOST = 1.3;

/** Changes that are made before anything is measured. */
const WARM_UP = 3;

/**
 * @typedef {object} FanOut
 * @property {number[]} last milliseconds from the append until the last consumer had it, for each change
 * @property {number[]} middle the same for half of the consumers
 * @property {number} connect_seconds until all were connected and knew what is newest
 * @property {number} memory_mb resident on the broker for one consumer
 */

/**
 * @param {FleetBench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureFanOut(bench) {
  const broker = await startOwnBroker(bench);
  const api = await OwnApi.start(bench, {
    rabbit: broker.options('api'),
    store: { kind: 'sqlite', path: join(bench.folder, 'fan-out.db') },
    reports: false,
  });
  await api.call('POST', '/apps', FOLLOWED_INPUT);
  await api.confirmed(1);
  const count = bench.settings.consumers;
  /** The last that was appended. */
  const newest = { revision: 1 };

  const theirs = await measured(bench, broker, 'raw', newest);
  await theirs.consumers.stop();
  await theirs.raw.stop();
  await broker.restart();
  const ours = await measured(bench, broker, 'nebula', newest);
  const storm = await measureStorm(bench, { broker, api, newest, ...ours });
  await ours.consumers.stop();
  await ours.raw.stop();
  await api.stop();

  const part = 'fan-out';
  const is = 'raw consumers of the client library on the same stream';
  /** @param {string} what @param {keyof FanOut} figure @param {number} [ratioAtMost] */
  const times = (what, figure, ratioAtMost) =>
    line({
      ...{ part, what: `${what}, p50`, unit: /** @type {const} */ ('ms') },
      value: summarized(ours.fanOut, figure),
      baseline: { is, value: summarized(theirs.fanOut, figure) },
      ...(ratioAtMost === undefined ? {} : { ratioAtMost }),
    });
  return {
    lines: [
      times(`append until the last of ${count} had it`, 'last', RATIO_AT_MOST),
      times(`append until half of ${count} had it`, 'middle'),
      line({
        ...{ part, what: 'memory of the broker per consumer', unit: 'MB' },
        value: ours.fanOut.memory_mb,
        baseline: { is, value: theirs.fanOut.memory_mb },
      }),
      line({
        ...{ part, what: `connecting ${count}, 100 at a time`, unit: 's' },
        value: ours.fanOut.connect_seconds,
        baseline: { is, value: theirs.fanOut.connect_seconds },
      }),
      ...stormLines(count, storm),
    ],
    details: { consumers: count, nebula: ours.fanOut, raw: theirs.fanOut, storm },
  };
}

/** @param {FanOut} fanOut @param {keyof FanOut} figure @returns {Summary} */
function summarized(fanOut, figure) {
  const samples = fanOut[figure];
  return summarize(typeof samples === 'number' ? [samples] : samples);
}

/**
 * @param {FleetBench} bench
 * @param {OwnBroker} broker on which no consumer is connected
 * @param {ConsumerInput['kind']} kind
 * @param {{ revision: number }} newest
 * @returns {Promise<{ fanOut: FanOut, consumers: Consumers, raw: Raw }>} with the consumers connected
 */
async function measured(bench, broker, kind, newest) {
  const { settings, say } = bench;
  const raw = await Raw.start(bench, broker.options('api'));
  const consumers = await Consumers.start(bench, {
    kind,
    rabbit: broker.options('worker'),
    app: FOLLOWED_APP,
  });
  const memory = await broker.memory();
  say(`  connecting ${settings.consumers} ${kind} consumers …`);
  const begin = performance.now();
  await consumers.connect(settings.consumers);
  const connect_seconds = (performance.now() - begin) / 1000;
  const memory_mb = ((await broker.memory()) - memory) / settings.consumers;

  /** @type {FanOut} */
  const fanOut = { last: [], middle: [], connect_seconds, memory_mb };
  for (let made = -WARM_UP; made < settings.changes; made += 1) {
    newest.revision += 1;
    const arriving = consumers.have(newest.revision);
    const { begin: sent } = await raw.append(newest.revision);
    const arrived = await arriving;
    await consumers.idle();
    if (made < 0) continue;
    fanOut.last.push((arrived.at(-1) ?? monotonicMs()) - sent);
    fanOut.middle.push((arrived[arrived.length >> 1] ?? monotonicMs()) - sent);
  }
  say(
    `  ${kind}: ${median(fanOut.last).toFixed(0)} ms until the last had a change (p50), ` +
      `${memory_mb.toFixed(3)} MB of the broker for each`,
  );
  return { fanOut, consumers, raw };
}
