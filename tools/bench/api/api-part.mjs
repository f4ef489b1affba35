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

/** In the order in which they are made. Those that are compared stand beside each other, as machines have moods. */
const LOADS = /** @type {const} */ ([
  'store.get',
  'plain GET',
  'GET',
  'GET with a token',
  'store.replace',
  'PATCH',
  'PATCH with a token',
  'commit',
]);

/** How much longer the slowest of a hundred may take when it is asked who calls. */
const LOGIN_AT_MOST = 1.2;

/** The part of the speed of a plain route that a GET of ours must have. */
const PLAIN_AT_LEAST = 0.6;

/** @typedef {(typeof LOADS)[number]} LoadName */
/** @typedef {Record<LoadName, Load>} Round */

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
    /** @type {Partial<Round>} */
    const loads = {};
    for (const name of LOADS) {
      const load = await ask(name);
      say(
        `  round ${round}, ${name}: ${load.per_second.toFixed(0)} per second, ` +
          `p50 ${load.p50_ms.toFixed(3)} ms, p99 ${load.p99_ms.toFixed(3)} ms`,
      );
      loads[name] = load;
    }
    rounds.push(/** @type {Round} */ (loads));
  }
  return {
    lines: [
      ...comparison('GET /apps/{app}', 'GET', 'store.get', rounds),
      ...comparison('PATCH /apps/{app}', 'PATCH', 'store.replace', rounds),
      ...againstPlain(rounds),
      ...withToken('GET', rounds),
      ...withToken('PATCH', rounds),
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

/** @param {string} name of a file beside this one */
const module = (name) => join(import.meta.dirname, name);

const ADMINISTRATOR = { user: 'admin', password: 'measured' };

/**
 * @param {Bench} bench
 * @param {{ database: string, feed: string, administrator: typeof ADMINISTRATOR | null }} input
 * @returns {Promise<string>} where it answers
 */
async function startApi(bench, input) {
  const api = Child.start(bench, module('api-process.mjs'), input);
  const { url } = /** @type {{ url: string }} */ (await api.ask(null, START_LIMIT_MS));
  return url;
}

/**
 * @param {Bench} bench
 * @param {string} url
 * @param {string | null} authorization
 */
async function startLoad(bench, url, authorization) {
  const load = Child.start(bench, module('load-process.mjs'), {
    ...{ url, connections: CONNECTIONS, authorization },
  });
  await load.ask(null, START_LIMIT_MS);
  return load;
}

/**
 * @param {string} url of an api with a login
 * @returns {Promise<string>} a token that may change apps: the caller who costs most, as the store is asked each time
 */
async function makeToken(url) {
  const { user, password } = ADMINISTRATOR;
  const answer = await fetch(`${url}/api/v3/tokens`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    },
    body: JSON.stringify({ name: 'bench', rights: 'rw' }),
  });
  if (answer.status !== 201) throw new Error(`POST /tokens: ${answer.status} ${await answer.text()}`);
  const { token } = /** @type {{ token: string }} */ (await answer.json());
  return token;
}

/**
 * @param {Bench} bench
 * @returns {Promise<(load: LoadName) => Promise<Load>>} puts one load and waits for its end
 */
async function startProcesses(bench) {
  /** @param {string} name */
  const file = (name) => join(bench.folder, name);

  bench.say('  starting two apis, a plain server and a store of its own …');
  const database = file('api.db');
  const open = await startApi(bench, { database, feed: file('api-feed'), administrator: null });
  const guarded = await startApi(bench, {
    ...{ database: file('guarded.db'), feed: file('guarded-feed') },
    administrator: ADMINISTRATOR,
  });
  const authorization = `Bearer ${await makeToken(guarded)}`;
  const load = await startLoad(bench, open, null);
  const loadWithToken = await startLoad(bench, guarded, authorization);
  // The apps are there by now.
  const plain = Child.start(bench, module('plain-process.mjs'), { database });
  const { url: plainUrl } = /** @type {{ url: string }} */ (await plain.ask(null, START_LIMIT_MS));
  const store = Child.start(bench, module('store-process.mjs'), {
    database: file('store.db'),
    plain: file('plain.db'),
  });
  await store.ask(null, START_LIMIT_MS);

  const seconds = bench.settings.apiSeconds;
  const limitMs = seconds * 1000 + START_LIMIT_MS;
  /** @type {Record<LoadName, () => Promise<unknown>>} */
  const questions = {
    'store.get': () => store.ask({ operation: 'get', seconds }, limitMs),
    'plain GET': () => load.ask({ method: 'GET', seconds, url: plainUrl }, limitMs),
    GET: () => load.ask({ method: 'GET', seconds }, limitMs),
    'GET with a token': () => loadWithToken.ask({ method: 'GET', seconds }, limitMs),
    'store.replace': () => store.ask({ operation: 'replace', seconds }, limitMs),
    PATCH: () => load.ask({ method: 'PATCH', seconds }, limitMs),
    'PATCH with a token': () => loadWithToken.ask({ method: 'PATCH', seconds }, limitMs),
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

/**
 * @param {Round[]} rounds
 * @returns {Line[]}
 */
function againstPlain(rounds) {
  return [
    line({
      part: 'api',
      what: 'GET /apps/{app}, per second, against a plain route',
      unit: '1/s',
      value: summarize(rounds.map(({ GET }) => GET.per_second)),
      baseline: {
        is: 'plain GET: one Fastify route that answers the row of the same database',
        value: summarize(rounds.map((round) => round['plain GET'].per_second)),
      },
      ratioAtLeast: PLAIN_AT_LEAST,
    }),
  ];
}

/**
 * @param {'GET' | 'PATCH'} method
 * @param {Round[]} rounds
 * @returns {Line[]}
 */
function withToken(method, rounds) {
  const guarded = rounds.map((round) => round[`${method} with a token`]);
  const open = rounds.map((round) => round[method]);
  const is = `${method} at an api that asks nobody who they are`;
  return [
    line({
      ...{ part: 'api', what: `${method} with a token, per second`, unit: '1/s' },
      value: summarize(guarded.map((load) => load.per_second)),
      baseline: { is, value: summarize(open.map((load) => load.per_second)) },
    }),
    line({
      ...{ part: 'api', what: `${method} with a token, p99`, unit: 'ms' },
      value: summarize(guarded.map((load) => load.p99_ms)),
      baseline: { is, value: summarize(open.map((load) => load.p99_ms)) },
      ratioAtMost: LOGIN_AT_MOST,
    }),
  ];
}
