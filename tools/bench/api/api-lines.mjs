/**
 * What is told of the loads on the api.
 */
import { line } from '../report/lines.mjs';
import { summarize } from '../report/statistics.mjs';

/** @import { Line } from '../report/lines.mjs' */
/** @import { Load } from './load.mjs' */

/** How many times as long the slowest of a hundred may take, and all of them together, when it is asked who calls. */
const LOGIN_AT_MOST = 1.2;

/** The part of the speed of a plain route that a GET of ours must have. */
const PLAIN_AT_LEAST = 0.6;

/** @typedef {'plain GET' | 'GET' | 'GET with a token' | 'PATCH' | 'PATCH with a token'} Served */
/** @typedef {Served | 'store.get' | 'store.replace' | 'commit'} LoadName */

/**
 * @typedef {Load & { cpu_us: number | null }} ServedLoad with the processor time that the server took for one request, microseconds; null
 *   of what no server does
 */

/** @typedef {Record<LoadName, ServedLoad>} Round */

/**
 * @param {Round[]} rounds
 * @param {number} connections that the loads on servers have
 * @returns {Line[]}
 */
export function linesOf(rounds, connections) {
  return [
    ...comparison('GET /apps/{app}', 'GET', 'store.get', rounds, connections),
    ...comparison('PATCH /apps/{app}', 'PATCH', 'store.replace', rounds, connections),
    ...againstPlain(rounds),
    ...withToken('GET', rounds),
    ...withToken('PATCH', rounds),
    line({
      part: 'api',
      what: 'durable SQLite commit, for comparison',
      unit: '1/s',
      value: summarize(rounds.map(({ commit }) => commit.per_second)),
    }),
  ];
}

/**
 * @param {string} what
 * @param {'GET' | 'PATCH'} ours
 * @param {'store.get' | 'store.replace'} theirs
 * @param {Round[]} rounds
 * @param {number} connections
 * @returns {Line[]}
 */
function comparison(what, ours, theirs, rounds, connections) {
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
        is: `bare ${theirs} of a record of the same size, one at a time (the api has ${connections} connections)`,
        value: summarize(rounds.map((round) => round[theirs][figure])),
      },
    }),
  );
}

const PLAIN = 'plain GET: one Fastify route that answers the same bytes from the same database';

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
        is: PLAIN,
        value: summarize(rounds.map((round) => round['plain GET'].per_second)),
      },
      ratioAtLeast: PLAIN_AT_LEAST,
    }),
    processorTime('GET /apps/{app}', rounds, 'GET', { is: PLAIN, load: 'plain GET' }),
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
      ratioAtLeast: 1 / LOGIN_AT_MOST,
    }),
    line({
      ...{ part: 'api', what: `${method} with a token, p99`, unit: 'ms' },
      value: summarize(guarded.map((load) => load.p99_ms)),
      baseline: { is, value: summarize(open.map((load) => load.p99_ms)) },
      ratioAtMost: LOGIN_AT_MOST,
    }),
    processorTime(`${method} with a token`, rounds, `${method} with a token`, { is, load: method }),
  ];
}

/**
 * What one request costs the server, which other programs on the machine don't blur as they do the time that it takes.
 * @param {string} what
 * @param {Round[]} rounds
 * @param {Served} ours
 * @param {{ is: string, load: Served }} baseline
 * @returns {Line}
 */
function processorTime(what, rounds, ours, baseline) {
  /** @param {Served} load */
  const timesOf = (load) => summarize(rounds.flatMap((round) => round[load].cpu_us ?? []));
  return line({
    ...{ part: 'api', what: `${what}, processor time of a request`, unit: 'µs', value: timesOf(ours) },
    baseline: { is: baseline.is, value: timesOf(baseline.load) },
  });
}
