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
import { until } from '../../running/until.mjs';
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
const WARM_UP = 10;

/** Of thousands, milliseconds. */
const REPORTED_LIMIT_MS = 120_000;
const REPORTED_PAUSE_MS = 500;

/** The raw consumers follow an app like the other, so that both kinds are connected and take turns. */
const RAW_APP = `${FOLLOWED_APP}-raw`;

/**
 * @typedef {object} FanOut
 * @property {number[]} last milliseconds from the append until the last consumer had it, for each change
 * @property {number[]} middle the same for half of the consumers
 * @property {number} connect_seconds until all were connected and knew what is newest
 * @property {number} memory_mb resident on the broker for one consumer
 */

/** @typedef {{ app: string, consumers: Consumers, fanOut: FanOut }} Followers all consumers of one kind */

/**
 * @param {FleetBench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureFanOut(bench) {
  const { settings, say } = bench;
  const broker = await startOwnBroker(bench);
  const api = await OwnApi.start(bench, {
    rabbit: broker.options('api'),
    store: { kind: 'sqlite', path: join(bench.folder, 'fan-out.db') },
    reports: true,
  });
  for (const app_name of [RAW_APP, FOLLOWED_APP]) {
    await api.call('POST', '/apps', { ...FOLLOWED_INPUT, app_name });
    await api.confirmed(1, app_name);
  }
  const other = /** @type {const} */ ({ kind: 'sqlite', path: join(bench.folder, 'raw.db') });
  const raw = await Raw.start(bench, broker.options('api'), other);
  const rawFollowers = await connected(bench, broker, 'raw', RAW_APP);
  const ownFollowers = await connected(bench, broker, 'nebula', FOLLOWED_APP);

  /** The last that was appended. */
  const newest = { revision: 1 };
  for (let made = -WARM_UP; made < settings.changes; made += 1) {
    newest.revision += 1;
    // Whatever else the machine does meets both alike, and neither is always the first.
    const turn = [rawFollowers, ownFollowers];
    for (const followers of made % 2 === 0 ? turn : turn.reverse()) {
      await change(raw, followers, newest.revision, made >= 0);
    }
  }
  const theirs = rawFollowers.fanOut;
  const ours = ownFollowers.fanOut;
  say(
    `  until the last had a change (p50): ${median(ours.last).toFixed(0)} ms, raw ${median(theirs.last).toFixed(0)} ms`,
  );
  const { consumers } = ownFollowers;
  // While the raw ones are still there: what the broker had for them would hide what the reports take.
  const reports_mb = await reporting(bench, broker, api, consumers);
  await rawFollowers.consumers.stop();
  const storm = await measureStorm(bench, { broker, api, newest, consumers, raw });
  await consumers.stop();
  await raw.stop();
  await api.stop();
  const count = settings.consumers;

  const part = 'fan-out';
  const is = 'as many raw consumers of the client library';
  /** @param {string} what @param {keyof FanOut} figure @param {number} [ratioAtMost] */
  const times = (what, figure, ratioAtMost) =>
    line({
      ...{ part, what: `${what}, p50`, unit: /** @type {const} */ ('ms') },
      value: summarized(ours, figure),
      baseline: { is, value: summarized(theirs, figure) },
      ...(ratioAtMost === undefined ? {} : { ratioAtMost }),
    });
  return {
    lines: [
      times(`append until the last of ${count} had it`, 'last', RATIO_AT_MOST),
      times(`append until half of ${count} had it`, 'middle'),
      line({
        ...{ part, what: 'memory of the broker per consumer', unit: 'MB' },
        value: ours.memory_mb,
        baseline: { is, value: theirs.memory_mb },
      }),
      line({
        ...{ part, what: 'the same of one that reports as well, as a worker does', unit: 'MB' },
        value: ours.memory_mb + reports_mb,
      }),
      line({
        ...{ part, what: `connecting ${count}, 100 at a time`, unit: 's' },
        value: ours.connect_seconds,
        baseline: { is, value: theirs.connect_seconds },
      }),
      ...stormLines(count, storm),
    ],
    details: { consumers: count, nebula: ours, raw: theirs, reports_mb, storm },
  };
}

/** @param {FanOut} fanOut @param {keyof FanOut} figure @returns {Summary} */
function summarized(fanOut, figure) {
  const samples = fanOut[figure];
  return summarize(typeof samples === 'number' ? [samples] : samples);
}

/**
 * @param {FleetBench} bench
 * @param {OwnBroker} broker
 * @param {ConsumerInput['kind']} kind
 * @param {string} app that they follow
 * @returns {Promise<Followers>}
 */
async function connected(bench, broker, kind, app) {
  const { settings, say } = bench;
  const consumers = await Consumers.start(bench, { kind, rabbit: broker.options('worker'), app });
  const memory = await broker.memory();
  say(`  connecting ${settings.consumers} ${kind} consumers …`);
  const begin = performance.now();
  await consumers.connect(settings.consumers);
  const connect_seconds = (performance.now() - begin) / 1000;
  const memory_mb = ((await broker.memory()) - memory) / settings.consumers;
  say(`  ${kind}: ${memory_mb.toFixed(3)} MB of the broker for each`);
  return { app, consumers, fanOut: { last: [], middle: [], connect_seconds, memory_mb } };
}

/**
 * Lets all of ours report, and waits until the api knows all of them.
 * @param {FleetBench} bench
 * @param {OwnBroker} broker
 * @param {OwnApi} api
 * @param {Consumers} consumers
 * @returns {Promise<number>} what the broker has more for each then, MB
 */
async function reporting({ say, stopping }, broker, api, consumers) {
  const memory = await broker.memory();
  await consumers.report();
  const areKnown = async () => {
    const status = await api.tryGet(`/apps/${FOLLOWED_APP}/status`);
    const { summary } = /** @type {{ summary: Record<string, number> }} */ (status ?? { summary: {} });
    return Object.values(summary).reduce((sum, workers) => sum + workers, 0) >= consumers.count;
  };
  await until('the api knows all workers', areKnown, {
    ...{ limitMs: REPORTED_LIMIT_MS, everyMs: REPORTED_PAUSE_MS, stopping },
  });
  const more = ((await broker.memory()) - memory) / consumers.count;
  say(`  reports: ${more.toFixed(3)} MB of the broker more for each`);
  return more;
}

/**
 * Makes a change and waits until all of them have it.
 * @param {Raw} raw
 * @param {Followers} followers
 * @param {number} revision
 * @param {boolean} counts
 */
async function change(raw, { app, consumers, fanOut }, revision, counts) {
  const arriving = consumers.have(revision);
  // It is awaited below. Until then its failure must not end the other parts, as a rejection that nobody handles does.
  arriving.catch(() => undefined);
  const { begin } = await raw.append(revision, app);
  const arrived = await arriving;
  await consumers.idle();
  if (!counts) return;
  fanOut.last.push((arrived.at(-1) ?? monotonicMs()) - begin);
  fanOut.middle.push((arrived[arrived.length >> 1] ?? monotonicMs()) - begin);
}
