/**
 * The image that is measured with: as small as can be, and ending at once on SIGTERM, so that the engine's own
 * work is measured and no stop time-out. Made from the machine's busybox, so no registry is needed.
 */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pack as tarPack } from 'tar-stream';

/** @import { Engine, Surroundings } from '../running/bench.mjs' */

const BUSYBOX = '/bin/busybox';

/** A shell that is process 1 ignores SIGTERM unless it has a trap, and the trap waits for a child in front. */
const SCRIPT = `trap "exit 0" TERM; ${BUSYBOX} sleep 2147483647 & wait`;

/** Port that the containers publish; nothing listens on it, since publishing is what costs. */
export const CONTAINER_PORT = 8080;

/**
 * Makes two versions of the image, that differ in one file.
 * @param {Surroundings & Engine} bench
 * @returns {Promise<{ first: string, second: string }>} their references, with tags
 */
export async function makeBenchImages(bench) {
  const name = `nebula-bench-${bench.run}`;
  const images = { first: `${name}:1`, second: `${name}:2` };
  const busybox = await readFile(BUSYBOX).catch((error) => {
    throw new Error(`${BUSYBOX} is needed to make the image (Debian package busybox-static)`, {
      cause: error,
    });
  });
  for (const [tag, reference] of [
    ['1', images.first],
    ['2', images.second],
  ]) {
    bench.cleanUp.add(`image ${reference}`, () => removeImage(bench, reference ?? ''));
    await importImage(bench, name, tag ?? '', busybox);
  }
  return images;
}

/**
 * @param {Surroundings & Engine} bench
 * @param {string} name
 * @param {string} tag
 * @param {Buffer} busybox
 */
async function importImage({ docker }, name, tag, busybox) {
  const archive = tarPack();
  archive.entry({ name: BUSYBOX.slice(1), mode: 0o755 }, busybox);
  archive.entry({ name: 'version' }, tag);
  archive.finalize();
  const output = await docker.importImage(Readable.from(archive), {
    repo: name,
    tag,
    changes: [`CMD ${JSON.stringify([BUSYBOX, 'sh', '-c', SCRIPT])}`],
  });
  await new Promise((resolve, reject) => {
    docker.modem.followProgress(output, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/**
 * @param {Surroundings & Engine} bench
 * @param {string} reference
 */
async function removeImage({ docker }, reference) {
  const there = await docker.listImages({ filters: { reference: [reference] } });
  if (there.length > 0) await docker.getImage(reference).remove({ force: true });
}
