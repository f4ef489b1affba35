/**
 * A steady load of GET requests on one address, until it is told to end.
 */
import autocannon from 'autocannon';

/**
 * @typedef {object} LoadResult
 * @property {number} answered with a 2xx
 * @property {number} failed answered with something else, broken off, or not answered in time
 * @property {Record<string, number>} failures how often, by kind
 * @property {number} p50 of the answers, milliseconds
 * @property {number} p99 milliseconds
 */

/**
 * @typedef {object} Load
 * @property {() => number} answered so far
 * @property {() => Promise<LoadResult>} end
 */

/** The longest of any test or benchmark, seconds. */
const LONGEST = 1_800;

/**
 * @param {string} url
 * @param {object} [options]
 * @param {number} [options.connections]
 * @param {number} [options.rate] requests a second, over all connections
 * @param {Record<string, string>} [options.headers]
 * @returns {Load}
 */
export function startLoad(url, { connections = 10, rate = 400, headers = {} } = {}) {
  let answered = 0;
  let failed = 0;
  /** @type {Record<string, number>} */
  const failures = {};
  const fail = (/** @type {string} */ kind) => {
    failed += 1;
    failures[kind] = (failures[kind] ?? 0) + 1;
  };
  /** @type {(result: autocannon.Result) => void} */
  let done = () => undefined;
  /** @type {Promise<autocannon.Result>} */
  const result = new Promise((resolve) => {
    done = resolve;
  });
  const instance = autocannon(
    { url, connections, headers, overallRate: rate, duration: LONGEST, timeout: 10 },
    (_error, found) => done(found),
  );
  instance.on('response', (_client, status) => {
    if (status >= 200 && status < 300) answered += 1;
    else fail(`status ${status}`);
  });
  instance.on('reqError', (error) => {
    fail(error instanceof Error ? error.message : String(error));
  });
  return {
    answered: () => answered,
    async end() {
      // What it does to its own connections at the end is no failure.
      const counted = { answered, failed, failures: { ...failures } };
      /** @type {{ stop: () => void }} */ (/** @type {unknown} */ (instance)).stop();
      const { latency } = await result;
      return { ...counted, p50: latency.p50, p99: latency.p99 };
    },
  };
}
