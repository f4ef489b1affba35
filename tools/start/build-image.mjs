/**
 * Images that are built on the spot, from files of this machine.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as tarPack } from 'tar-stream';

/** @import Docker from 'dockerode' */
/** @import { Pack } from 'tar-stream' */
/** @import { NodeFiles } from './node-files.mjs' */

/** Lines of a Dockerfile by which an image has the node that `addNode` has put into the context. @param {NodeFiles} node */
export function nodeLines(node) {
  return [
    'FROM scratch',
    'COPY node/ /',
    // The image has no list of library folders as /etc/ld.so.cache keeps it.
    ...(node.libraryFolders.length > 0 ? [`ENV LD_LIBRARY_PATH=${node.libraryFolders.join(':')}`] : []),
  ];
}

/**
 * @param {Pack} archive
 * @param {NodeFiles} node
 */
export async function addNode(archive, node) {
  await addFile(archive, 'node/bin/node', node.binary);
  for (const path of node.files) await addFile(archive, `node${path}`, path);
}

/**
 * @param {string[]} dockerfile its lines
 * @param {(archive: Pack) => Promise<void>} fill
 * @returns {Pack} a tar that is written while it is read
 */
export function context(dockerfile, fill) {
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
export async function addFile(archive, name, path) {
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
export async function buildImage(docker, name, archive) {
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
