/**
 * Heartbeats of a whole fleet into each database, and how quickly the status of an app is answered meanwhile.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { REPORTS_QUEUE } from '@nebula/contracts';
import { line } from '../../report/lines.mjs';
import { percentile } from '../../report/statistics.mjs';
import { Child } from '../../running/child.mjs';
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

/** In which the status has to be answered with SQLite while all report, milliseconds: p99. FerretDB's times say little about MongoDB. */
const STATUS_AT_MOST_MS = 100;

/** Between two questions for the status, milliseconds. */
const STATUS_EVERY_MS = 100;

/** How often the status is asked while nobody reports, at most, and for how long. */
const QUIET_QUESTIONS = 30;
const QUIET_LIMIT_MS = 10_000;

/** Most workers on a page of the list. */
const PAGE = 1_000;

/**
 * @typedef {object} StatusTimes
 * @property {number[]} ms of each answer, of those that said that the store is unavailable as well
 * @property {number} unavailable how many of them said that
 */

/**
 * @typedef {object} Reported
 * @property {string} database
 * @property {number} introduced_seconds until all workers were counted that had reported at once
 * @property {StatusTimes} quiet answers of the status while nobody reports
 * @property {StatusTimes} busy … while all do
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
  await allCounted(api, settings.workers, stopping);
  const introduced_seconds = (performance.now() - introduced) / 1000;
  const quietUntil = performance.now() + QUIET_LIMIT_MS;
  const quiet = await statusTimes(
    api,
    (asked) => asked < QUIET_QUESTIONS && performance.now() < quietUntil,
    stopping,
  );

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
  const busy = await statusTimes(api, () => sending, stopping);
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
  say(`  status while they report: ${percentile(busy.ms, 50).toFixed(1)} ms (p50), ${missing} missing`);
  return {
    database: database.name,
    ...{ introduced_seconds, quiet, busy, beats, missing, api_seconds, database_seconds },
  };
}

/**
 * Waits until the status counts all workers. It asks for no more than half of the time.
 * @param {OwnApi} api
 * @param {number} workers
 * @param {AbortSignal} stopping
 */
async function allCounted(api, workers, stopping) {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const begin = performance.now();
    const status = /** @type {{ summary: { converged: number } } | null} */ (
      await api.tryGet(`/apps/${FOLLOWED_APP}/status?limit=1`)
    );
    if (status?.summary.converged === workers) return;
    const counted = status ? `${status.summary.converged} are` : 'the store is unavailable';
    if (performance.now() > deadline)
      throw new Error(`not all of ${workers} workers are counted: ${counted}`);
    const pauseMs = Math.max(STATUS_EVERY_MS, performance.now() - begin);
    await pause(pauseMs, undefined, { signal: stopping });
  }
}

/**
 * @param {OwnApi} api
 * @param {(asked: number) => boolean} goOn
 * @param {AbortSignal} stopping
 * @returns {Promise<StatusTimes>}
 */
async function statusTimes(api, goOn, stopping) {
  /** @type {StatusTimes} */
  const times = { ms: [], unavailable: 0 };
  do {
    const begin = performance.now();
    const status = await api.tryGet(`/apps/${FOLLOWED_APP}/status`);
    times.ms.push(performance.now() - begin);
    if (status === null) times.unavailable += 1;
    await pause(STATUS_EVERY_MS, undefined, { signal: stopping });
  } while (goOn(times.ms.length));
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
      const page = await pageOfWorkers(api, after, stopping);
      seen += page.items.filter(({ last_seen_at }) => Date.parse(last_seen_at) >= since).length;
      cursor = page.next_cursor;
    } while (cursor !== null);
    if (seen >= expected || performance.now() > deadline) return Math.min(seen, expected);
    await pause(STATUS_EVERY_MS, undefined, { signal: stopping });
  }
}

/**
 * @param {OwnApi} api
 * @param {string} after with which the query goes on
 * @param {AbortSignal} stopping
 * @returns {Promise<{ items: { last_seen_at: string }[], next_cursor: string | null }>}
 */
async function pageOfWorkers(api, after, stopping) {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const page = await api.tryGet(`/workers?limit=${PAGE}${after}`);
    if (page !== null)
      return /** @type {{ items: { last_seen_at: string }[], next_cursor: string | null }} */ (page);
    if (performance.now() > deadline) throw new Error('the workers could not be listed');
    await pause(STATUS_EVERY_MS, undefined, { signal: stopping });
  }
}

/** @param {number} workers @param {Reported} result @returns {Line[]} */
function linesOf(workers, { database, quiet, busy, ...result }) {
  const part = 'reports';
  const is = 'the same while nobody reports';
  const isLimited = database === 'SQLite';
  /** @param {50 | 99} percent */
  const status = (percent) =>
    line({
      ...{ part, what: `${database}: status with ${workers} workers, p${percent}` },
      unit: 'ms',
      value: percentile(busy.ms, percent),
      baseline: { is, value: percentile(quiet.ms, percent) },
      ...(isLimited && percent === 99 ? { valueAtMost: STATUS_AT_MOST_MS } : {}),
    });
  /** @param {string} what @param {number} value */
  const seconds = (what, value) => line({ part, what: `${database}: ${what}`, unit: 's', value });
  return [
    status(50),
    status(99),
    line({
      ...{ part, what: `${database}: answers that the store is unavailable`, unit: 'count' },
      ...{ value: quiet.unavailable + busy.unavailable, valueAtMost: 0 },
    }),
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
