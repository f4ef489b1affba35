/**
 * Makes the image of the example app from what is on this machine, so that no registry is needed: the running
 * `node` with its libraries, and a script. Its two versions share the layers and differ in one variable.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as tarPack } from 'tar-stream';
import { statusOf } from './docker-client.mjs';
import { nodeFiles } from './node-files.mjs';

/** @import Docker from 'dockerode' */
/** @import { Pack } from 'tar-stream' */
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
  await build(docker, HELLO_IMAGES.first, firstContext(await nodeFiles()));
  await build(docker, HELLO_IMAGES.second, secondContext());
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
    'FROM scratch',
    'COPY node/ /',
    'COPY script/ /hello/',
    'ENV HELLO_VERSION=1',
    // The image has no list of library folders as /etc/ld.so.cache keeps it.
    ...(node.libraryFolders.length > 0 ? [`ENV LD_LIBRARY_PATH=${node.libraryFolders.join(':')}`] : []),
    'USER 65534:65534',
    'EXPOSE 8080',
    'CMD ["/bin/node", "/hello/server.mjs"]',
  ];
  return context(dockerfile, async (archive) => {
    await addFile(archive, 'node/bin/node', node.binary);
    for (const path of node.files) await addFile(archive, `node${path}`, path);
    await addFile(archive, 'script/server.mjs', SCRIPT);
  });
}

function secondContext() {
  return context([`FROM ${HELLO_IMAGES.first}`, 'ENV HELLO_VERSION=2'], async () => {});
}

/**
 * @param {string[]} dockerfile its lines
 * @param {(archive: Pack) => Promise<void>} fill
 * @returns {Pack} a tar that is written while it is read
 */
function context(dockerfile, fill) {
  const archive = tarPack();
  archive.entry({ name: 'Dockerfile' }, dockerfile.join('\n'));
  fill(archive).then(
    () => archive.finalize(),
    (/** @type {Error} */ error) => archive.destroy(error),
  );
  return archive;
}

/**
 * @param {Pack} archive
 * @param {string} name
 * @param {string} path links are followed
 */
async function addFile(archive, name, path) {
  const { size } = await stat(path);
  // A fixed time, so that the same files give the same layer again.
  const entry = archive.entry({ name, size, mode: 0o755, mtime: new Date(0) });
  await pipeline(createReadStream(path), entry);
}

/**
 * @param {Docker} docker
 * @param {string} name
 * @param {Pack} archive
 */
async function build(docker, name, archive) {
  const output = await docker.buildImage(Readable.from(archive), {
    t: name,
    forcerm: true,
    networkmode: 'none',
  });
  /** @type {{ error?: string }[]} */
  const messages = await new Promise((resolve, reject) => {
    docker.modem.followProgress(output, (error, result) => (error ? reject(error) : resolve(result)));
  });
  const problem = messages.find((message) => message.error)?.error;
  if (problem) throw new Error(`the image ${name} could not be built: ${problem}`);
}
