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

/** What the api asks of its database at intervals, whatever workers do. */
const OWN_CALLS = ['epoch', 'behind', 'claimVerification', 'oldTombstones', 'appNames', 'recorded'];

/**
 * An app is compared with what workers have seen of it this often at most, milliseconds, however many report. That is
 * one call.
 */
const COMPARED_EVERY_MS = 60_000;

/** How the api writes down what workers report. It does so in batches, storm or not. */
const REPORT_CALLS = ['workers', 'saveWorkers', 'saveReports', 'removeReports'];

/**
 * @typedef {object} Storm
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
  await pause(LASTING_MS, undefined, { signal: stopping });
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
    drop_ms,
    known_ms: arrived.map((at) => at - dropped),
    broker_seconds: (await broker.processorSeconds()) - processor,
    api: await api.counts(),
  };
  const last = storm.known_ms.at(-1) ?? 0;
  say(`  all know the newest revision ${(last / 1000).toFixed(1)} s after they were dropped`);
  return storm;
}

/** @param {number} count @param {Storm} storm @returns {Line[]} */
export function stormLines(count, { drop_ms, known_ms, broker_seconds, api }) {
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
      value: percentile(known_ms, 100) / 1000,
    }),
    line({
      ...{ part, what: `${after}: processor time of the broker`, unit: 's', value: broker_seconds },
    }),
    line({
      ...{ part, what: `${after}: requests to the api`, unit: 'count' },
      ...{ value: api.requests, valueAtMost: 0 },
    }),
    line({
      ...{ part, what: `${after}: calls of the database for it`, unit: 'count' },
      ...{
        value: calls(api.apps, OWN_CALLS) + calls(api.fleet, [...OWN_CALLS, ...REPORT_CALLS]),
        valueAtMost: Math.ceil(percentile(known_ms, 100) / COMPARED_EVERY_MS),
      },
    }),
    line({
      ...{ part, what: `${after}: batches of reports that the api wrote meanwhile`, unit: 'count' },
      value: api.fleet['saveWorkers'] ?? 0,
    }),
  ];
}

/** @param {Record<string, number>} counts @param {string[]} without */
function calls(counts, without) {
  return Object.entries(counts)
    .filter(([name]) => !without.includes(name))
    .reduce((sum, [, count]) => sum + count, 0);
}
