/**
 * An image of the worker made on the spot: the running `node` with its libraries, and the worker as one file.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addFile, addNode, buildImage, context, nodeLines } from '../start/build-image.mjs';
import { nodeFiles } from '../start/node-files.mjs';
import { bundleService } from './bundle-service.mjs';

/** @import Docker from 'dockerode' */

/**
 * @param {Docker} docker
 * @param {string} name with a tag
 * @throws {Error} in words for people
 */
export async function makeWorkerImage(docker, name) {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-worker-image-'));
  try {
    const bundle = await bundleService('worker', folder);
    const node = await nodeFiles();
    const dockerfile = [
      ...nodeLines(node),
      'COPY worker/ /nebula/',
      // It has a folder to work in and one to keep what lasts, and runs as root, as whoever may use the socket does.
      'WORKDIR /nebula',
      'ENV STATE_DIR=/state',
      'CMD ["/bin/node", "/nebula/nebula-worker.mjs"]',
    ];
    const archive = context(dockerfile, async (pack) => {
      await addNode(pack, node);
      await addFile(pack, 'worker/nebula-worker.mjs', bundle);
    });
    await buildImage(docker, name, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
