/**
 * First start and replacement of many containers, against the raw Docker API at the same parallelism.
 */
import { line } from '../report/lines.mjs';
import { median, summarize } from '../report/statistics.mjs';
import { makeBenchImages } from './bench-image.mjs';
import { findBestParallelism } from './best-parallelism.mjs';
import { freePortRange } from './free-port-range.mjs';
import { assertAllRun, openWorker } from './measured-worker.mjs';
import { RawContainers } from './raw-containers.mjs';
import { watchGaps } from './replica-gaps.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { MeasuredWorker } from './measured-worker.mjs' */

/** @typedef {{ first: string, second: string }} Images */
/** @typedef {{ first_start: number, replacement: number, gaps: number[] }} Round seconds, seconds, milliseconds */

const ORDER = /** @type {const} */ (['raw', 'nebula']);

const FIRST_START_AT_MOST = 1.1;
const REPLACEMENT_AT_MOST = 1.15;

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureContainers(bench) {
  const { settings, say } = bench;
  const images = await makeBenchImages(bench);
  const firstPort = await freePortRange(bench);
  const raw = new RawContainers(bench, firstPort);
  await raw.prepare();

  const search = settings.parallelism === null ? await findBestParallelism(bench, raw, images) : null;
  const parallelism = search?.parallelism ?? settings.parallelism ?? 1;
  say(`  parallelism ${parallelism}: ${search?.how ?? 'as given'}`);

  const ours = await openWorker(bench, 'containers', firstPort, parallelism);
  /** @type {Record<'nebula' | 'raw', Round[]>} */
  const rounds = { nebula: [], raw: [] };
  for (let round = 1; round <= settings.rounds; round += 1) {
    // Whoever is first alternates, since the machine may grow slower or faster in between.
    for (const who of round % 2 === 1 ? ORDER : ORDER.toReversed()) {
      const result =
        who === 'raw' ? await rawRound(bench, raw, images, parallelism) : await ourRound(bench, ours, images);
      rounds[who].push(result);
      say(
        `  ${who}, round ${round}: first start ${result.first_start.toFixed(2)} s, ` +
          `replacement ${result.replacement.toFixed(2)} s, gap ${median(result.gaps).toFixed(0)} ms ` +
          `(longest ${Math.max(...result.gaps).toFixed(0)} ms)`,
      );
    }
  }
  await ours.worker.close();
  return {
    lines: linesOf(settings.containers, parallelism, rounds),
    details: { parallelism, search, rounds },
  };
}

/**
 * @param {Bench} bench
 * @param {RawContainers} raw
 * @param {Images} images
 * @param {number} parallelism
 * @returns {Promise<Round>}
 */
async function rawRound(bench, raw, images, parallelism) {
  const first_start = await raw.startAll(images.first, parallelism);
  const watch = await watchGaps(bench, raw.scope);
  try {
    const replacement = await raw.replaceAll(images.second, parallelism);
    const gaps = await watch.gaps(bench.settings.containers);
    await raw.removeAll(parallelism);
    return { first_start, replacement, gaps };
  } finally {
    watch.close();
  }
}

/**
 * @param {Bench} bench
 * @param {MeasuredWorker} ours
 * @param {Images} images
 * @returns {Promise<Round>}
 */
async function ourRound(bench, { scope, worker, app }, images) {
  /** @param {string} image */
  const bring = async (image) => {
    const begin = performance.now();
    const revision = await app.publish(image);
    await worker.converged(revision);
    await assertAllRun(bench, scope, image);
    return (performance.now() - begin) / 1000;
  };
  const first_start = await bring(images.first);
  const watch = await watchGaps(bench, scope);
  try {
    const replacement = await bring(images.second);
    const gaps = await watch.gaps(bench.settings.containers);
    await worker.converged(await app.publishDeletion());
    return { first_start, replacement, gaps };
  } finally {
    watch.close();
  }
}

/**
 * @param {number} count of containers
 * @param {number} parallelism
 * @param {Record<'nebula' | 'raw', Round[]>} rounds
 */
function linesOf(count, parallelism, { nebula, raw }) {
  const part = 'containers';
  const api = `the raw Docker API, parallelism ${parallelism} for both`;
  /** @param {Round[]} rounds @param {(round: Round) => number} figure */
  const over = (rounds, figure) => summarize(rounds.map(figure));
  return [
    line({
      part,
      what: `first start of ${count}`,
      unit: 's',
      value: over(nebula, (round) => round.first_start),
      baseline: { is: api, value: over(raw, (round) => round.first_start) },
      ratioAtMost: FIRST_START_AT_MOST,
    }),
    line({
      part,
      what: `new image on all ${count}`,
      unit: 's',
      value: over(nebula, (round) => round.replacement),
      baseline: { is: api, value: over(raw, (round) => round.replacement) },
      ratioAtMost: REPLACEMENT_AT_MOST,
    }),
    line({
      part,
      what: 'gap per replica, median',
      unit: 'ms',
      value: over(nebula, (round) => median(round.gaps)),
      baseline: { is: api, value: over(raw, (round) => median(round.gaps)) },
    }),
    line({
      part,
      what: 'gap per replica, longest',
      unit: 'ms',
      value: over(nebula, (round) => Math.max(...round.gaps)),
      baseline: { is: api, value: over(raw, (round) => Math.max(...round.gaps)) },
    }),
  ];
}
