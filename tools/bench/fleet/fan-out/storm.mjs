/**
 * All consumers lose their connection, and a change is made while they come back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { line } from '../../report/lines.mjs';
import { percentile } from '../../report/statistics.mjs';
import { monotonicMs } from '../monotonic.mjs';

/** @import { Line } from '../../report/lines.mjs' */
/** @import { Counts } from '../api/api-process.mjs' */
/** @import { OwnApi } from '../api/own-api.mjs' */
/** @import { OwnBroker } from '../broker/own-broker.mjs' */
/** @import { Consumers } from '../consumers/consumers.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */
/** @import { Raw } from '../publish/raw.mjs' */

/** Connections that lasted so long are good ones, after whose loss the wait is short. Milliseconds. */
const LASTING_MS = 30_000;

/** How the api writes down what workers report. It does so in batches, storm or not. */
const REPORT_CALLS = ['workers', 'saveWorkers', 'saveReports', 'removeUnlistedReports'];

/**
 * What the api asks its database by itself comes a few calls at a time, every few seconds to once a minute: so many more
 * of them can fall into one time than into another that is as long.
 */
const CALLS_AT_A_TIME = 6;

/**
 * @typedef {object} Storm
 * @property {Counts} calm what the api was asked and what it called in `calm_ms` before it, in which all only reported
 * @property {number} calm_ms
 * @property {number} drop_ms until the broker had ended the last connection
 * @property {number[]} known_ms since the first connection was ended, until each consumer knew the newest revision
 * @property {number} broker_seconds processor time of the broker until then
 * @property {Counts} api what the api was asked and what it called until then
 */

/**
 * @param {FleetBench} bench
 * @param {{ broker: OwnBroker, api: OwnApi, consumers: Consumers, raw: Raw, newest: { revision: number } }} fleet
 * @returns {Promise<Storm>}
 */
export async function measureStorm({ say, stopping }, { broker, api, consumers, raw, newest }) {
  await api.reset();
  const begun = monotonicMs();
  await pause(LASTING_MS, undefined, { signal: stopping });
  const calm = await api.counts();
  const calm_ms = monotonicMs() - begun;
  say(`  dropping all ${consumers.count} connections …`);
  newest.revision += 1;
  const arriving = consumers.have(newest.revision);
  // It is awaited below, whatever happens before.
  arriving.catch(() => undefined);
  await api.reset();
  const processor = await broker.processorSeconds();
  const dropped = monotonicMs();
  await broker.dropWorkers();
  const drop_ms = monotonicMs() - dropped;
  await raw.append(newest.revision);
  const arrived = await arriving;
  const storm = {
    ...{ calm, calm_ms, drop_ms },
    known_ms: arrived.map((at) => at - dropped),
    broker_seconds: (await broker.processorSeconds()) - processor,
    api: await api.counts(),
  };
  const last = storm.known_ms.at(-1) ?? 0;
  say(`  all know the newest revision ${(last / 1000).toFixed(1)} s after they were dropped`);
  return storm;
}

/** @param {number} count @param {Storm} storm @returns {Line[]} */
export function stormLines(count, { calm, calm_ms, drop_ms, known_ms, broker_seconds, api }) {
  const lasted_ms = percentile(known_ms, 100);
  const usual = (callsOf(calm) * lasted_ms) / calm_ms;
  const part = 'fan-out';
  const after = `${count} dropped at once`;
  return [
    line({
      ...{ part, what: `${after}: until the broker had ended the last`, unit: 's' },
      value: drop_ms / 1000,
    }),
    line({
      ...{ part, what: `${after}: until half knew the newest`, unit: 's' },
      value: percentile(known_ms, 50) / 1000,
    }),
    line({
      ...{ part, what: `${after}: until all knew the newest`, unit: 's' },
      value: lasted_ms / 1000,
    }),
    line({
      ...{ part, what: `${after}: processor time of the broker`, unit: 's', value: broker_seconds },
    }),
    line({
      ...{ part, what: `${after}: requests to the api`, unit: 'count' },
      ...{ value: api.requests, valueAtMost: 0 },
    }),
    line({
      ...{ part, what: `${after}: calls of the database, but for batches of reports`, unit: 'count' },
      value: callsOf(api),
      baseline: { is: 'those of as long a time in which nothing but heartbeats came', value: usual },
      valueAtMost: Math.ceil(usual) + CALLS_AT_A_TIME,
    }),
    line({
      ...{ part, what: `${after}: batches of reports that the api wrote meanwhile`, unit: 'count' },
      value: api.fleet['saveWorkers'] ?? 0,
    }),
  ];
}

/** @param {Counts} counts @returns {number} calls of the database, but for the writing down of reports */
function callsOf({ apps, fleet }) {
  return [...Object.entries(apps), ...Object.entries(fleet)]
    .filter(([name]) => !REPORT_CALLS.includes(name))
    .reduce((sum, [, count]) => sum + count, 0);
}
