/**
 * One figure of the result: ours, that of the raw thing, and whether a limit is met.
 */

/** @import { Summary } from './statistics.mjs' */

/** @typedef {'s' | 'ms' | 'µs' | 'MB' | '1/s' | 'count' | '×'} Unit MB are 1,000,000 bytes */

/**
 * @typedef {{ of: 'ratio' | 'value', at_most: number, at_least?: undefined } | { of: 'ratio', at_least: number }} Limit
 */

/**
 * @typedef {object} Line
 * @property {string} part
 * @property {string} what
 * @property {Unit} unit
 * @property {number} value
 * @property {{ min: number, max: number } | null} spread of the value over the rounds; null when there is one alone
 * @property {number | null} baseline
 * @property {string | null} baseline_is what the baseline is, in a few words
 * @property {number | null} ratio value ÷ baseline
 * @property {Limit | null} limit null: measured, without a limit
 * @property {boolean | null} met null without a limit
 */

/**
 * @param {object} figure
 * @param {string} figure.part
 * @param {string} figure.what
 * @param {Unit} figure.unit
 * @param {number | Summary} figure.value of a summary, the median
 * @param {{ is: string, value: number | Summary }} [figure.baseline]
 * @param {number} [figure.ratioAtMost]
 * @param {number} [figure.ratioAtLeast]
 * @param {number} [figure.valueAtMost]
 * @returns {Line}
 */
export function line({ part, what, unit, value, baseline, ratioAtMost, ratioAtLeast, valueAtMost }) {
  const ours = medianOf(value);
  const theirs = baseline ? medianOf(baseline.value) : null;
  const ratio = theirs === null || theirs === 0 ? null : ours / theirs;
  const limit = limitOf(ratioAtMost, ratioAtLeast, valueAtMost);
  const limited = limit?.of === 'ratio' ? ratio : ours;
  return {
    part,
    what,
    unit,
    value: ours,
    spread: typeof value === 'number' ? null : { min: value.min, max: value.max },
    baseline: theirs,
    baseline_is: baseline?.is ?? null,
    ratio,
    limit,
    met: limit && limited !== null ? isMet(limit, limited) : null,
  };
}

/** @param {number | Summary} value */
function medianOf(value) {
  return typeof value === 'number' ? value : value.median;
}

/**
 * @param {Limit} limit
 * @param {number} value
 */
function isMet(limit, value) {
  return limit.at_least === undefined ? value <= limit.at_most : value >= limit.at_least;
}

/**
 * @param {number | undefined} ratioAtMost
 * @param {number | undefined} ratioAtLeast
 * @param {number | undefined} valueAtMost
 * @returns {Line['limit']}
 */
function limitOf(ratioAtMost, ratioAtLeast, valueAtMost) {
  if (ratioAtMost !== undefined) return { of: 'ratio', at_most: ratioAtMost };
  if (ratioAtLeast !== undefined) return { of: 'ratio', at_least: ratioAtLeast };
  return valueAtMost === undefined ? null : { of: 'value', at_most: valueAtMost };
}
