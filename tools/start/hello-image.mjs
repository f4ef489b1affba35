/**
 * Makes the image of the example app from what is on this machine, so that no registry is needed: the running
 * `node` with its libraries, and a script. Its two versions share the layers and differ in one variable.
 */
import { join } from 'node:path';
import { addFile, addNode, buildImage, context, nodeLines } from './build-image.mjs';
import { statusOf } from './docker-client.mjs';
import { nodeFiles } from './node-files.mjs';

/** @import Docker from 'dockerode' */
/** @import { NodeFiles } from './node-files.mjs' */

const SCRIPT = join(import.meta.dirname, '..', '..', 'examples', 'hello', 'server.mjs');

export const HELLO_IMAGES = /** @type {const} */ ({ first: 'nebula-hello:1', second: 'nebula-hello:2' });

/** Docker's names for the processors that Node runs on. @type {Record<string, string[]>} */
const ARCHITECTURES = {
  x64: ['x86_64', 'amd64'],
  arm64: ['aarch64', 'arm64'],
  arm: ['armv7l', 'armv6l', 'arm'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
};

/**
 * Makes both versions unless both are there.
 * @param {Docker} docker
 * @returns {Promise<boolean>} whether something was made
 * @throws {Error} when the engine's processor is another one, or the build fails, in words for people
 */
export async function ensureHelloImages(docker) {
  const there = await Promise.all(Object.values(HELLO_IMAGES).map((name) => hasImage(docker, name)));
  if (!there.includes(false)) return false;
  const { Architecture: theirs } = /** @type {{ Architecture: string }} */ (await docker.info());
  if (!ARCHITECTURES[process.arch]?.includes(theirs)) {
    throw new Error(
      `the engine runs on ${theirs} and this node on ${process.arch}, so its binary can't run there`,
    );
  }
  await buildImage(docker, HELLO_IMAGES.first, firstContext(await nodeFiles()));
  await buildImage(docker, HELLO_IMAGES.second, secondContext());
  return true;
}

/**
 * @param {Docker} docker
 * @param {string} name
 */
export async function hasImage(docker, name) {
  try {
    await docker.getImage(name).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/**
 * The build context of the first version: the big layer, the script's, and the settings.
 * @param {NodeFiles} node
 */
function firstContext(node) {
  const dockerfile = [
    ...nodeLines(node),
    'COPY script/ /hello/',
    'ENV HELLO_VERSION=1',
    'USER 65534:65534',
    'EXPOSE 8080',
    'CMD ["/bin/node", "/hello/server.mjs"]',
  ];
  return context(dockerfile, async (archive) => {
    await addNode(archive, node);
    await addFile(archive, 'script/server.mjs', SCRIPT);
  });
}

function secondContext() {
  return context([`FROM ${HELLO_IMAGES.first}`, 'ENV HELLO_VERSION=2'], async () => {});
}
