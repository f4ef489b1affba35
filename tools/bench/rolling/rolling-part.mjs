/**
 * A rolling update of many replicas, against a loop over the raw Docker API that does the same.
 */
import { assertAllRun, openWorker } from '../containers/measured-worker.mjs';
import { makeBenchImages } from '../containers/bench-image.mjs';
import { freePortRange } from '../containers/free-port-range.mjs';
import { RawContainers } from '../containers/raw-containers.mjs';
import { line } from '../report/lines.mjs';
import { summarize } from '../report/statistics.mjs';
import { removeOwnThings } from '../containers/removal.mjs';

/** @import { Bench, PartResult } from '../running/bench.mjs' */
/** @import { MeasuredWorker } from '../containers/measured-worker.mjs' */

/** What both do: a fifth of the replicas may be away at once, one is back when it has run for a second. */
const UNAVAILABLE_SHARE = 5;
const MIN_READY_SECONDS = 1;

/** Engine calls at once of both, when the settings don't say. */
const PARALLELISM = 4;

/**
 * @param {Bench} bench
 * @returns {Promise<PartResult>}
 */
export async function measureRolling(bench) {
  const { settings, say } = bench;
  const parallelism = settings.parallelism ?? PARALLELISM;
  const maxUnavailable = Math.max(1, Math.floor(settings.containers / UNAVAILABLE_SHARE));
  const images = await makeBenchImages(bench);
  const firstPort = await freePortRange(bench);

  const ours = await openWorker(bench, 'rolling', firstPort, parallelism);
  /** @type {Record<'nebula' | 'raw', number[]>} */
  const seconds = { nebula: [], raw: [] };
  for (let round = 1; round <= settings.rounds; round += 1) {
    seconds.raw.push(await rawRoll(bench, firstPort, images, parallelism, maxUnavailable));
    seconds.nebula.push(await ourRoll(bench, ours, images, maxUnavailable));
    say(
      `  round ${round}: ${seconds.nebula.at(-1)?.toFixed(2)} s, raw ${seconds.raw.at(-1)?.toFixed(2)} s ` +
        `(${settings.containers} replicas, ${maxUnavailable} away at most)`,
    );
  }
  await ours.worker.close();
  return {
    lines: [
      line({
        part: 'rolling',
        what: `rolling update of ${settings.containers}, ${maxUnavailable} away at most`,
        unit: 's',
        value: summarize(seconds.nebula),
        baseline: {
          is: `a loop over the raw Docker API that does the same, parallelism ${parallelism} for both`,
          value: summarize(seconds.raw),
        },
      }),
    ],
    details: { parallelism, max_unavailable: maxUnavailable, min_ready_seconds: MIN_READY_SECONDS, seconds },
  };
}

/**
 * @param {Bench} bench
 * @param {number} firstPort
 * @param {{ first: string, second: string }} images
 * @param {number} parallelism
 * @param {number} maxUnavailable
 * @returns {Promise<number>} seconds
 */
async function rawRoll(bench, firstPort, images, parallelism, maxUnavailable) {
  const raw = new RawContainers(bench, firstPort);
  await raw.prepare();
  await raw.startAll(images.first, parallelism);
  const update = { maxUnavailable, minReadySeconds: MIN_READY_SECONDS };
  const seconds = await raw.rollAll(images.second, parallelism, update);
  await raw.removeAll(parallelism);
  await removeOwnThings(bench.docker, raw.scope);
  return seconds;
}

/**
 * @param {Bench} bench
 * @param {MeasuredWorker} ours
 * @param {{ first: string, second: string }} images
 * @param {number} maxUnavailable
 * @returns {Promise<number>} seconds
 */
async function ourRoll(bench, ours, images, maxUnavailable) {
  await bring(bench, ours, images.first, {});
  const begin = performance.now();
  await bring(bench, ours, images.second, {
    strategy: 'rolling',
    max_unavailable: maxUnavailable,
    min_ready_seconds: MIN_READY_SECONDS,
  });
  const seconds = (performance.now() - begin) / 1000;
  await ours.worker.converged(await ours.app.publishDeletion());
  return seconds;
}

/**
 * @param {Bench} bench
 * @param {MeasuredWorker} ours
 * @param {string} image
 * @param {Parameters<MeasuredWorker['app']['publish']>[1]} update
 */
async function bring(bench, { app, scope, worker }, image, update) {
  await worker.converged(await app.publish(image, update));
  await assertAllRun(bench, scope, image);
}
