/**
 * Requests per second and latencies of the api, against the bare store operation.
 */
import { join } from 'node:path';
import { line } from '../report/lines.mjs';
import { summarize } from '../report/statistics.mjs';
import { Child } from '../running/child.mjs';

/** @import { Line } from '../report/lines.mjs' */
/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { Load } from './load.mjs' */

/** Requests in flight at the same time. */
const CONNECTIONS = 10;
const START_LIMIT_MS = 60_000;

/** @typedef {Record<'store.get' | 'GET' | 'store.replace' | 'PATCH' | 'commit', Load>} Round */

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureApi(bench) {
  const { settings, say } = bench;
  const ask = await startProcesses(bench);
  /** @type {Round[]} */
  const rounds = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    /** @param {keyof Round} name */
    const measured = async (name) => {
      const load = await ask(name);
      say(
        `  round ${round}, ${name}: ${load.per_second.toFixed(0)} per second, ` +
          `p50 ${load.p50_ms.toFixed(3)} ms, p99 ${load.p99_ms.toFixed(3)} ms`,
      );
      return load;
    };
    rounds.push({
      'store.get': await measured('store.get'),
      GET: await measured('GET'),
      'store.replace': await measured('store.replace'),
      PATCH: await measured('PATCH'),
      commit: await measured('commit'),
    });
  }
  return {
    lines: [
      ...comparison('GET /apps/{app}', 'GET', 'store.get', rounds),
      ...comparison('PATCH /apps/{app}', 'PATCH', 'store.replace', rounds),
      line({
        part: 'api',
        what: 'durable SQLite commit, for comparison',
        unit: '1/s',
        value: summarize(rounds.map(({ commit }) => commit.per_second)),
      }),
    ],
    details: { connections: CONNECTIONS, rounds },
  };
}

/**
 * @param {Bench} bench
 * @returns {Promise<(load: keyof Round) => Promise<Load>>} puts one load and waits for its end
 */
async function startProcesses(bench) {
  /** @param {string} name */
  const file = (name) => join(bench.folder, name);
  /** @param {string} name */
  const module = (name) => join(import.meta.dirname, name);

  bench.say('  starting the api and a store of its own …');
  const api = Child.start(bench, module('api-process.mjs'), {
    database: file('api.db'),
    feed: file('api-feed'),
  });
  const { url } = /** @type {{ url: string }} */ (await api.ask(null, START_LIMIT_MS));
  const load = Child.start(bench, module('load-process.mjs'), { url, connections: CONNECTIONS });
  await load.ask(null, START_LIMIT_MS);
  const store = Child.start(bench, module('store-process.mjs'), {
    database: file('store.db'),
    plain: file('plain.db'),
  });
  await store.ask(null, START_LIMIT_MS);

  const seconds = bench.settings.apiSeconds;
  const limitMs = seconds * 1000 + START_LIMIT_MS;
  /** @type {Record<keyof Round, () => Promise<unknown>>} */
  const questions = {
    'store.get': () => store.ask({ operation: 'get', seconds }, limitMs),
    GET: () => load.ask({ method: 'GET', seconds }, limitMs),
    'store.replace': () => store.ask({ operation: 'replace', seconds }, limitMs),
    PATCH: () => load.ask({ method: 'PATCH', seconds }, limitMs),
    commit: () => store.ask({ operation: 'commit', seconds }, limitMs),
  };
  return async (name) => /** @type {Load} */ (await questions[name]());
}

/**
 * @param {string} what
 * @param {'GET' | 'PATCH'} ours
 * @param {'store.get' | 'store.replace'} theirs
 * @param {Round[]} rounds
 * @returns {Line[]}
 */
function comparison(what, ours, theirs, rounds) {
  /** @type {[string, '1/s' | 'ms', keyof Load][]} */
  const figures = [
    ['per second', '1/s', 'per_second'],
    ['p50', 'ms', 'p50_ms'],
    ['p99', 'ms', 'p99_ms'],
  ];
  return figures.map(([name, unit, figure]) =>
    line({
      part: 'api',
      what: `${what}, ${name}`,
      unit,
      value: summarize(rounds.map((round) => round[ours][figure])),
      baseline: {
        is: `bare ${theirs} of a record of the same size, one at a time (the api has ${CONNECTIONS} connections)`,
        value: summarize(rounds.map((round) => round[theirs][figure])),
      },
    }),
  );
}
