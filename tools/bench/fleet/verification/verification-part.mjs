/**
 * One comparison of every app in the database with its stream: what it asks of broker and database.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { line } from '../../report/lines.mjs';
import { inParallel } from '../../running/in-parallel.mjs';
import { until } from '../../running/until.mjs';
import { OwnApi } from '../api/own-api.mjs';
import { startOwnBroker } from '../broker/own-broker.mjs';
import { FOLLOWED_INPUT } from '../consumers/followed-app.mjs';
import { ownDatabase } from '../database/own-database.mjs';

/** @import { PartResult } from '../../running/bench.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

/** Apps that are created at the same time. */
const PARALLEL = 8;

const PUBLISHED_LIMIT_MS = 180_000;

/** Between the last call that is waited for and the end of what follows from it, milliseconds. */
const SETTLE_MS = 2_000;

/**
 * @param {FleetBench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureVerification(bench) {
  const { settings, say, stopping } = bench;
  const { apps } = settings;
  const broker = await startOwnBroker(bench);
  const database = await ownDatabase(bench, 'mongo', 'verification');
  const options = { rabbit: broker.options('api'), store: database.store, reports: false };

  say(`  creating ${apps} apps in ${database.name} …`);
  const first = await OwnApi.start(bench, options);
  const names = Array.from({ length: apps }, (_, index) => `bench-${index}`);
  await inParallel(
    names,
    PARALLEL,
    (app_name) => first.call('POST', '/apps', { ...FOLLOWED_INPUT, app_name }),
    stopping,
  );
  await until(
    'all apps are published',
    async () => ((await first.counts()).apps['markPublished'] ?? 0) >= apps,
    { limitMs: PUBLISHED_LIMIT_MS, everyMs: 500, stopping },
  );
  await pause(SETTLE_MS, undefined, { signal: stopping });
  await first.stop();

  say('  an api that starts compares all of them …');
  const brokerBefore = await broker.processorSeconds();
  const databaseBefore = await database.processorSeconds();
  const begin = performance.now();
  const api = await OwnApi.start(bench, options);
  await api.reads(apps);
  const seconds = (performance.now() - begin) / 1000;
  await pause(SETTLE_MS, undefined, { signal: stopping });
  const counts = await api.counts();
  const brokerSeconds = (await broker.processorSeconds()) - brokerBefore;
  const databaseAfter = await database.processorSeconds();
  await api.stop();

  const part = 'verification';
  const databaseCalls = Object.values(counts.apps).reduce((sum, count) => sum + count, 0);
  /** @param {string} what @param {number} value */
  const time = (what, value) => line({ part, what: `${apps} apps: ${what}`, unit: 's', value });
  /** @param {string} what @param {number} value @param {number} [valueAtMost] */
  const count = (what, value, valueAtMost) =>
    line({
      ...{ part, what: `${apps} apps: ${what}`, unit: /** @type {const} */ ('count'), value },
      ...(valueAtMost === undefined ? {} : { valueAtMost }),
    });
  return {
    lines: [
      time('duration, with the start of the api', seconds),
      count('streams read', counts.feed['readNewest'] ?? 0),
      count('messages appended, as nothing was wrong', counts.feed['publish'] ?? 0, 0),
      count(`calls of ${database.name}`, databaseCalls),
      time('processor time of the broker', brokerSeconds),
      ...(databaseBefore === null || databaseAfter === null
        ? []
        : [time(`processor time of ${database.name}`, databaseAfter - databaseBefore)]),
      time('processor time of the api, with its start', counts.processor_seconds),
    ],
    details: { apps, database: database.name, seconds, counts },
  };
}
