/**
 * What is made of several measurements of one thing. Pure.
 */

/**
 * @typedef {object} Summary
 * @property {number} median
 * @property {number} min
 * @property {number} max
 * @property {number[]} samples in the order of measuring
 */

/**
 * The middle value, or the mean of the two middle ones.
 * @param {readonly number[]} samples at least one
 * @returns {number}
 */
export function median(samples) {
  const sorted = ascending(samples);
  const upper = sorted.length >> 1;
  const lower = sorted.length % 2 === 1 ? upper : upper - 1;
  return (at(sorted, lower) + at(sorted, upper)) / 2;
}

/**
 * The least sample that at least `percent` of all don't exceed (nearest rank), so it is one that was measured.
 * @param {readonly number[]} samples at least one
 * @param {number} percent 0 to 100
 * @returns {number}
 */
export function percentile(samples, percent) {
  const sorted = ascending(samples);
  const rank = Math.ceil((percent / 100) * sorted.length);
  return at(sorted, Math.max(rank, 1) - 1);
}

/**
 * @param {readonly number[]} samples at least one
 * @returns {Summary}
 */
export function summarize(samples) {
  const sorted = ascending(samples);
  return {
    median: median(samples),
    min: at(sorted, 0),
    max: at(sorted, sorted.length - 1),
    samples: [...samples],
  };
}

/** @param {readonly number[]} samples */
function ascending(samples) {
  if (samples.length === 0) throw new RangeError('there is no sample');
  // A typed array sorts by value without a comparison function, and there can be 100,000 samples.
  return Float64Array.from(samples).sort();
}

/**
 * @param {Float64Array} sorted
 * @param {number} index
 */
function at(sorted, index) {
  const value = sorted[index];
  if (value === undefined) throw new RangeError(`there is no sample ${index}`);
  return value;
}
