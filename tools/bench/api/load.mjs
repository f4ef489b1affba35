/**
 * What is known of a load, whichever way it was made.
 */
import { median, percentile } from '../report/statistics.mjs';

/**
 * @typedef {object} Load
 * @property {number} operations that succeeded
 * @property {number} per_second
 * @property {number} p50_ms NaN when there were no operations, as the next
 * @property {number} p99_ms
 */

/**
 * @param {readonly number[]} latencies milliseconds, one for each operation
 * @param {number} seconds that all of it took
 * @returns {Load}
 */
export function loadOf(latencies, seconds) {
  const operations = latencies.length;
  // A moment in which nothing was answered has no latencies, and takes no part in what is made of them.
  if (operations === 0) return { operations, per_second: 0, p50_ms: Number.NaN, p99_ms: Number.NaN };
  return {
    operations,
    per_second: operations / seconds,
    p50_ms: percentile(latencies, 50),
    p99_ms: percentile(latencies, 99),
  };
}

/**
 * The load in the middle of several alike, each figure for itself.
 * @param {readonly Load[]} loads at least one
 * @returns {Load} with the operations of all together
 */
export function middleOf(loads) {
  /** @param {'per_second' | 'p50_ms' | 'p99_ms'} figure */
  const middle = (figure) =>
    median(loads.map((load) => load[figure]).filter((value) => !Number.isNaN(value)));
  return {
    operations: loads.reduce((sum, { operations }) => sum + operations, 0),
    per_second: middle('per_second'),
    p50_ms: middle('p50_ms'),
    p99_ms: middle('p99_ms'),
  };
}

/**
 * Repeats an operation, one after the other, for a time.
 * @param {(count: number) => Promise<void> | void} operation given how many were before
 * @param {number} seconds
 * @returns {Promise<Load>}
 */
export async function repeatFor(operation, seconds) {
  /** @type {number[]} */
  const latencies = [];
  const begin = performance.now();
  let now = begin;
  while (now - begin < seconds * 1000) {
    await operation(latencies.length);
    const after = performance.now();
    latencies.push(after - now);
    now = after;
  }
  return loadOf(latencies, (now - begin) / 1000);
}
