/**
 * A steady load of GET requests on one address, until it is told to end. Every request that was sent is counted: as
 * answered, or as failed. A client of its own, since autocannon connects anew without a word when its peer closes in
 * order, and then forgets the request that was under way. It also writes into a connection that the answer before has
 * said to be closed, which no client should.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * @typedef {object} LoadResult
 * @property {number} answered with a 2xx
 * @property {number} failed answered with something else, broken off, or not answered in time
 * @property {Record<string, number>} failures how often, by kind
 * @property {number} p50 of all that have an answer, milliseconds
 * @property {number} p99 milliseconds
 */

/**
 * @typedef {object} Load
 * @property {() => number} answered so far
 * @property {() => Promise<LoadResult>} end sends no more and waits for the requests that are under way
 */

/** The longest of any test or benchmark, milliseconds. */
const LONGEST_MS = 1_800_000;

/**
 * Each connection has one request under way at a time, and is kept for the next.
 * @param {string} url
 * @param {object} [options]
 * @param {number} [options.connections]
 * @param {number} [options.rate] requests a second, over all connections, as far as the answers come soon enough
 * @param {Record<string, string>} [options.headers]
 * @param {number} [options.limitMs] a request without its whole answer has failed after this time
 * @returns {Load}
 */
export function startLoad(url, { connections = 10, rate = 400, headers = {}, limitMs = 10_000 } = {}) {
  let answered = 0;
  let failed = 0;
  /** @type {Record<string, number>} */
  const failures = {};
  /** @type {number[]} */
  const latencies = [];
  const ending = new AbortController();
  const everyMs = (1_000 * connections) / rate;

  /** @param {number} index */
  const connection = async (index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let due = performance.now() + (everyMs * index) / connections;
    const last = due + LONGEST_MS;
    while (due < last) {
      await sleep(due - performance.now(), undefined, { signal: ending.signal }).catch(() => undefined);
      if (ending.signal.aborted) break;
      const began = performance.now();
      const outcome = await answerOf(url, { agent, headers, limitMs });
      if (outcome.answered) latencies.push(performance.now() - began);
      if (outcome.failure === null) answered += 1;
      else {
        failed += 1;
        failures[outcome.failure] = (failures[outcome.failure] ?? 0) + 1;
      }
      // After a slow answer the requests that weren't sent are not made up for all at once.
      due = Math.max(due + everyMs, performance.now());
    }
    agent.destroy();
  };
  const done = Promise.all(Array.from({ length: connections }, (_, index) => connection(index)));

  return {
    answered: () => answered,
    async end() {
      ending.abort();
      await done;
      latencies.sort((a, b) => a - b);
      const quantile = (/** @type {number} */ share) =>
        latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN;
      return { answered, failed, failures, p50: quantile(0.5), p99: quantile(0.99) };
    },
  };
}

/**
 * @param {string} url
 * @param {{ agent: Agent, headers: Record<string, string>, limitMs: number }} options
 * @returns {Promise<{ answered: boolean, failure: string | null }>} whether a whole answer came, and what was wrong
 */
function answerOf(url, { agent, headers, limitMs }) {
  return new Promise((resolve) => {
    let stage = 'without an answer';
    const sent = request(url, { agent, headers });
    const limit = setTimeout(() => sent.destroy(new Error('timed out')), limitMs);
    const fail = (/** @type {Error & { code?: string }} */ error) => {
      clearTimeout(limit);
      // Node says so of a peer that closes in order, too.
      const closed = error.code === 'ECONNRESET';
      resolve({ answered: false, failure: closed ? `closed ${stage}` : (error.code ?? error.message) });
    };
    sent.on('error', fail);
    sent.on('response', (response) => {
      stage = 'in the middle of an answer';
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(limit);
        const { statusCode = 0 } = response;
        const isGood = statusCode >= 200 && statusCode < 300;
        resolve({ answered: true, failure: isGood ? null : `status ${statusCode}` });
      });
      response.resume();
    });
    sent.end();
  });
}
