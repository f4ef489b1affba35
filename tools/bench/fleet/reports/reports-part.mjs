/**
 * Heartbeats of a whole fleet into each database, and how quickly the status of an app is answered meanwhile.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { REPORTS_QUEUE } from '@nebula/contracts';
import { line } from '../../report/lines.mjs';
import { percentile } from '../../report/statistics.mjs';
import { Child } from '../../running/child.mjs';
import { until } from '../../running/until.mjs';
import { OwnApi } from '../api/own-api.mjs';
import { startOwnBroker } from '../broker/own-broker.mjs';
import { FOLLOWED_APP, FOLLOWED_INPUT } from '../consumers/followed-app.mjs';
import { ownDatabase } from '../database/own-database.mjs';

/** @import { Line } from '../../report/lines.mjs' */
/** @import { PartResult } from '../../running/bench.mjs' */
/** @import { OwnDatabase } from '../database/own-database.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */
/** @import { SenderQuestion } from './sender-process.mjs' */

const LIMIT_MS = 300_000;

/** Between two questions for the status, milliseconds. */
const STATUS_EVERY_MS = 100;

/** How often the status is asked while nobody reports. */
const QUIET_QUESTIONS = 30;

/** Most workers on a page of the list. */
const PAGE = 1_000;

/**
 * @typedef {object} Reported
 * @property {string} database
 * @property {number} introduced_seconds until all workers were counted that had reported at once
 * @property {number[]} quiet_ms answers of the status while nobody reports
 * @property {number[]} busy_ms … while all do
 * @property {number} beats heartbeats that were sent
 * @property {number} missing workers that sent one and are not known to have
 * @property {number} api_seconds processor time of the api meanwhile
 * @property {number | null} database_seconds the same of the database; null when it is part of the api
 */

/**
 * @param {FleetBench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureReports(bench) {
  /** @type {Reported[]} */
  const results = [];
  for (const kind of /** @type {const} */ (['sqlite', 'mongo'])) {
    const database = await ownDatabase(bench, kind, 'reports');
    results.push(await reportedInto(bench, database));
    await database.remove();
  }
  return {
    lines: results.flatMap((result) => linesOf(bench.settings.workers, result)),
    details: { workers: bench.settings.workers, seconds: bench.settings.reportSeconds, results },
  };
}

/**
 * @param {FleetBench} bench
 * @param {OwnDatabase} database
 * @returns {Promise<Reported>}
 */
async function reportedInto(bench, database) {
  const { settings, say, stopping } = bench;
  const broker = await startOwnBroker(bench);
  const api = await OwnApi.start(bench, {
    rabbit: broker.options('api'),
    store: database.store,
    reports: true,
  });
  await api.call('POST', '/apps', FOLLOWED_INPUT);
  await api.confirmed(1);
  const sender = Child.start(bench, join(import.meta.dirname, 'sender-process.mjs'), {
    rabbit: broker.options('worker'),
    workers: settings.workers,
    app: FOLLOWED_APP,
  });
  await sender.ask(null, LIMIT_MS);
  /** @param {SenderQuestion} question */
  const send = async (question) => /** @type {number} */ (await sender.ask(question, LIMIT_MS));

  say(`  ${settings.workers} workers report at once, into ${database.name} …`);
  const introduced = performance.now();
  await send({ do: 'introduce' });
  await until(
    'all workers are counted',
    async () => {
      const { summary } = /** @type {{ summary: { converged: number } }} */ (
        await api.call('GET', `/apps/${FOLLOWED_APP}/status?limit=1`)
      );
      return summary.converged === settings.workers;
    },
    { limitMs: LIMIT_MS, everyMs: 100, stopping },
  );
  const introduced_seconds = (performance.now() - introduced) / 1000;
  const quiet_ms = await statusTimes(api, (asked) => asked < QUIET_QUESTIONS, stopping);

  say(`  their heartbeats for ${settings.reportSeconds} s …`);
  const since = Date.now();
  const before = (await api.counts()).processor_seconds;
  const databaseBefore = await database.processorSeconds();
  let sending = true;
  const sent = send({ do: 'beat', seconds: settings.reportSeconds }).finally(() => {
    sending = false;
  });
  // It is awaited below, whatever happens before.
  sent.catch(() => undefined);
  const busy_ms = await statusTimes(api, () => sending, stopping);
  const beats = await sent;
  const api_seconds = (await api.counts()).processor_seconds - before;
  const databaseAfter = await database.processorSeconds();
  const expected = Math.min(beats, settings.workers);
  await broker.drained(REPORTS_QUEUE);
  const missing = expected - (await seenSince(api, since, expected, stopping));
  await sender.stop();
  await api.stop();
  const database_seconds =
    databaseBefore === null || databaseAfter === null ? null : databaseAfter - databaseBefore;
  say(`  status while they report: ${percentile(busy_ms, 50).toFixed(1)} ms (p50), ${missing} missing`);
  return {
    database: database.name,
    ...{ introduced_seconds, quiet_ms, busy_ms, beats, missing, api_seconds, database_seconds },
  };
}

/**
 * @param {OwnApi} api
 * @param {(asked: number) => boolean} goOn
 * @param {AbortSignal} stopping
 * @returns {Promise<number[]>} milliseconds of each answer
 */
async function statusTimes(api, goOn, stopping) {
  /** @type {number[]} */
  const times = [];
  do {
    const begin = performance.now();
    await api.call('GET', `/apps/${FOLLOWED_APP}/status`);
    times.push(performance.now() - begin);
    await pause(STATUS_EVERY_MS, undefined, { signal: stopping });
  } while (goOn(times.length));
  return times;
}

/** The last batch can still be on its way into the database. */
const WRITTEN_LIMIT_MS = 10_000;

/**
 * @param {OwnApi} api
 * @param {number} since milliseconds since 1970
 * @param {number} expected
 * @param {AbortSignal} stopping
 * @returns {Promise<number>} workers that were heard of since then, when all were or it has taken too long
 */
async function seenSince(api, since, expected, stopping) {
  const deadline = performance.now() + WRITTEN_LIMIT_MS;
  for (;;) {
    let seen = 0;
    /** @type {string | null} */
    let cursor = null;
    do {
      const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = /** @type {{ items: { last_seen_at: string }[], next_cursor: string | null }} */ (
        await api.call('GET', `/workers?limit=${PAGE}${after}`)
      );
      seen += page.items.filter(({ last_seen_at }) => Date.parse(last_seen_at) >= since).length;
      cursor = page.next_cursor;
    } while (cursor !== null);
    if (seen >= expected || performance.now() > deadline) return Math.min(seen, expected);
    await pause(STATUS_EVERY_MS, undefined, { signal: stopping });
  }
}

/** @param {number} workers @param {Reported} result @returns {Line[]} */
function linesOf(workers, { database, quiet_ms, busy_ms, ...result }) {
  const part = 'reports';
  const is = 'the same while nobody reports';
  /** @param {50 | 99} percent */
  const status = (percent) =>
    line({
      ...{ part, what: `${database}: status with ${workers} workers, p${percent}` },
      unit: 'ms',
      value: percentile(busy_ms, percent),
      baseline: { is, value: percentile(quiet_ms, percent) },
    });
  /** @param {string} what @param {number} value */
  const seconds = (what, value) => line({ part, what: `${database}: ${what}`, unit: 's', value });
  return [
    status(50),
    status(99),
    line({
      ...{ part, what: `${database}: workers whose heartbeat is missing`, unit: 'count' },
      ...{ value: result.missing, valueAtMost: 0 },
    }),
    seconds(`processor time of the api for ${result.beats} heartbeats`, result.api_seconds),
    ...(result.database_seconds === null
      ? []
      : [seconds('the same of the database', result.database_seconds)]),
    seconds(`until ${workers} that reported at once were counted`, result.introduced_seconds),
  ];
}
