/**
 * The comparison of every app in the database with its stream, all at once and in the course of an interval: what it
 * asks of broker and database.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { line } from '../../report/lines.mjs';
import { inParallel } from '../../running/in-parallel.mjs';
import { until } from '../../running/until.mjs';
import { OwnApi } from '../api/own-api.mjs';
import { startOwnBroker } from '../broker/own-broker.mjs';
import { FOLLOWED_INPUT } from '../consumers/followed-app.mjs';
import { ownDatabase } from '../database/own-database.mjs';
import { measureLooks } from './looks.mjs';
import { startUsage } from './usage.mjs';

/** @import { Line } from '../../report/lines.mjs' */
/** @import { PartResult } from '../../running/bench.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */
/** @import { Usage } from './usage.mjs' */

/** Apps that are created at the same time. */
const PARALLEL = 8;

const PUBLISHED_LIMIT_MS = 180_000;

/** Between the last call that is waited for and the end of what follows from it, milliseconds. */
const SETTLE_MS = 2_000;

/** `verify_interval_seconds` of the api that is watched for one. It looks for what is due every 5 s, as ever. */
const INTERVAL_SECONDS = { whole: 60, quick: 20 };

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
  /** @param {number} ms */
  const rest = (ms) => pause(ms, undefined, { signal: stopping });

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
  await rest(SETTLE_MS);
  const looks = await measureLooks(first, names);
  await first.stop();

  say('  an api that starts compares all of them …');
  const usedAtOnce = await startUsage(broker, database);
  const begin = performance.now();
  const second = await OwnApi.start(bench, options);
  await second.reads(apps);
  const seconds = (performance.now() - begin) / 1000;
  await rest(SETTLE_MS);
  const atOnce = await usedAtOnce(second);
  await second.stop();

  const verifyIntervalSeconds = INTERVAL_SECONDS[settings.quick ? 'quick' : 'whole'];
  say(`  an api compares them in the course of ${verifyIntervalSeconds} s …`);
  const third = await OwnApi.start(bench, { ...options, verifyIntervalSeconds });
  await third.reads(apps);
  await rest(SETTLE_MS);
  const usedInInterval = await startUsage(broker, database, third);
  await rest(verifyIntervalSeconds * 1_000);
  const inInterval = await usedInInterval(third);
  await third.stop();

  const part = 'verification';
  return {
    lines: [
      line({ part, what: `${apps} apps: duration, with the start of the api`, unit: 's', value: seconds }),
      ...linesOf(`${apps} apps`, database.name, atOnce),
      ...linesOf(`${apps} apps, ${verifyIntervalSeconds} s of an interval`, database.name, inInterval),
      ...looks,
    ],
    details: { apps, database: database.name, seconds, atOnce, verifyIntervalSeconds, inInterval },
  };
}

/**
 * @param {string} of
 * @param {string} databaseName
 * @param {Usage} usage
 * @returns {Line[]}
 */
function linesOf(of, databaseName, { counts, api, broker, database }) {
  const part = 'verification';
  const databaseCalls = Object.values(counts.apps).reduce((sum, count) => sum + count, 0);
  /** @param {string} what @param {number} value */
  const time = (what, value) => line({ part, what: `${of}: processor time of ${what}`, unit: 's', value });
  /** @param {string} what @param {number} value @param {number} [valueAtMost] */
  const count = (what, value, valueAtMost) =>
    line({
      ...{ part, what: `${of}: ${what}`, unit: /** @type {const} */ ('count'), value },
      ...(valueAtMost === undefined ? {} : { valueAtMost }),
    });
  return [
    count('streams read', counts.feed['readNewest'] ?? 0),
    count('messages appended, as nothing was wrong', counts.feed['publish'] ?? 0, 0),
    count(`calls of ${databaseName}`, databaseCalls),
    time('the broker', broker),
    ...(database === null ? [] : [time(databaseName, database)]),
    time('the api', api),
  ];
}
