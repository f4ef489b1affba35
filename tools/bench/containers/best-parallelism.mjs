/**
 * Finds the parallelism that this engine likes best, with the raw Docker API.
 */
import { median } from '../report/statistics.mjs';

/** @import { Bench } from '../running/bench.mjs' */
/** @import { RawContainers } from './raw-containers.mjs' */

const LEVELS = [1, 2, 4, 8, 16];

/**
 * A level counts as equally good when it takes at most this much longer than the fastest: of those the lowest
 * is taken, since each container is then away for a shorter time and the machine keeps more room for others.
 */
const AS_GOOD_AS = 1.05;

/**
 * @typedef {object} Trial
 * @property {number} parallelism
 * @property {number[]} first_start seconds, one per round
 * @property {number[]} replacement seconds, one per round
 */

/**
 * The lowest level whose first start and replacement together (medians) are as good as the fastest.
 * @param {readonly Trial[]} trials at least one
 * @returns {number}
 */
export function chooseParallelism(trials) {
  const totals = trials.map(({ parallelism, first_start, replacement }) => ({
    parallelism,
    seconds: median(first_start) + median(replacement),
  }));
  const fastest = Math.min(...totals.map(({ seconds }) => seconds));
  const good = totals.filter(({ seconds }) => seconds <= fastest * AS_GOOD_AS);
  return Math.min(...good.map(({ parallelism }) => parallelism));
}

/**
 * Measures each level once per round, so that a slow spell of the machine doesn't fall on one level alone.
 * @param {Bench} bench
 * @param {RawContainers} raw
 * @param {{ first: string, second: string }} images
 * @returns {Promise<{ parallelism: number, trials: Trial[], how: string }>}
 */
export async function findBestParallelism({ settings, say }, raw, images) {
  /** @type {Trial[]} */
  const trials = LEVELS.map((parallelism) => ({ parallelism, first_start: [], replacement: [] }));
  for (let round = 1; round <= settings.rounds; round += 1) {
    // Each second round goes the other way, since the machine may grow slower or faster in between.
    for (const trial of round % 2 === 1 ? trials : trials.toReversed()) {
      const start = await raw.startAll(images.first, trial.parallelism);
      const replacement = await raw.replaceAll(images.second, trial.parallelism);
      await raw.removeAll(trial.parallelism);
      trial.first_start.push(start);
      trial.replacement.push(replacement);
      say(
        `  raw, round ${round}, parallelism ${trial.parallelism}: ` +
          `first start ${start.toFixed(2)} s, replacement ${replacement.toFixed(2)} s`,
      );
    }
  }
  const parallelism = chooseParallelism(trials);
  const how =
    `the lowest of ${LEVELS.join(', ')} whose first start and replacement together (medians of ` +
    `${settings.rounds}, raw Docker API, ${settings.containers} containers) take at most ${AS_GOOD_AS} × the fastest`;
  return { parallelism, trials, how };
}
