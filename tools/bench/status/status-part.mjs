/**
 * How long the status of an app takes that a whole fleet runs, against that of an app of one worker.
 */
import { join } from 'node:path';
import { line } from '../report/lines.mjs';
import { percentile, summarize } from '../report/statistics.mjs';
import { Child } from '../running/child.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */

const WORKERS = 10_000;

/** Number of workers by app. */
const APPS = { fleet: WORKERS, single: 1 };

/** Ten thousand workers are written first. */
const START_LIMIT_MS = 300_000;

/** @typedef {{ p50: number, p99: number, slowest: number, requests: number }} Latencies milliseconds */

/** @typedef {Record<keyof typeof APPS, Latencies>} Round */

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureStatus(bench) {
  const { folder, say, settings, stopping } = bench;
  say(`  writing ${WORKERS} workers …`);
  const api = Child.start(bench, join(import.meta.dirname, 'status-process.mjs'), {
    ...{ database: join(folder, 'status.db'), feed: join(folder, 'status-feed'), apps: APPS },
  });
  const { url } = /** @type {{ url: string }} */ (await api.ask(null, START_LIMIT_MS));
  await requireWorkers(url);
  /** @type {Round[]} */
  const rounds = [];
  for (let number = 1; number <= settings.rounds; number += 1) {
    const round = {
      single: await latenciesOf(url, 'single', settings.apiSeconds, stopping),
      fleet: await latenciesOf(url, 'fleet', settings.apiSeconds, stopping),
    };
    const { p50, p99, slowest } = round.fleet;
    say(
      `  round ${number}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms`,
    );
    rounds.push(round);
  }
  return { lines: linesOf(rounds), details: { workers: WORKERS, rounds } };
}

/** @param {string} url */
async function requireWorkers(url) {
  for (const [app, workers] of Object.entries(APPS)) {
    const status = /** @type {{ summary: { converged: number } }} */ (await statusOf(url, app));
    if (status.summary.converged !== workers)
      throw new Error(`${app} has ${status.summary.converged} workers`);
  }
}

/**
 * @param {string} url
 * @param {string} app
 * @returns {Promise<unknown>} its first page, of 100 workers, with the numbers of all
 */
async function statusOf(url, app) {
  const answer = await fetch(`${url}/api/v3/apps/${app}/status`);
  if (answer.status !== 200) throw new Error(`GET status: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}

/**
 * One request at a time.
 * @param {string} url
 * @param {string} app
 * @param {number} seconds
 * @param {AbortSignal} stopping
 * @returns {Promise<Latencies>}
 */
async function latenciesOf(url, app, seconds, stopping) {
  /** @type {number[]} */
  const samples = [];
  const end = performance.now() + seconds * 1_000;
  do {
    stopping.throwIfAborted();
    const begin = performance.now();
    await statusOf(url, app);
    samples.push(performance.now() - begin);
  } while (performance.now() < end);
  const [p50, p99, slowest] = [percentile(samples, 50), percentile(samples, 99), percentile(samples, 100)];
  return { p50, p99, slowest, requests: samples.length };
}

/** @param {Round[]} rounds */
function linesOf(rounds) {
  /** @type {[name: string, figure: keyof Latencies][]} */
  const figures = [
    ['p50', 'p50'],
    ['p99', 'p99'],
    ['slowest', 'slowest'],
  ];
  return figures.map(([name, figure]) =>
    line({
      ...{ part: 'status', what: `GET /apps/{app}/status with ${WORKERS} workers, ${name}`, unit: 'ms' },
      value: summarize(rounds.map(({ fleet }) => fleet[figure])),
      baseline: {
        is: 'the same of an app of one worker',
        value: summarize(rounds.map(({ single }) => single[figure])),
      },
    }),
  );
}
