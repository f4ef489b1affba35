/**
 * Images that are put into a registry directly: without an engine, and so also for processors that no engine here has.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { ARCHITECTURE, httpConfig, httpFiles, imageDescription } from './images.mjs';
import { tar } from './tar.mjs';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
const CONFIG = 'application/vnd.docker.container.image.v1+json';
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip';

/** @typedef {{ username: string, password: string }} User */

/**
 * @typedef {object} PushedImage
 * @property {string} id that an engine gives it
 * @property {string} digest of its manifest
 * @property {number} size of its manifest, bytes
 * @property {{ os: string, architecture: string, variant?: string }} platform
 */

/**
 * Pushes the image of `makeHttpImage`, without a health check. Its program is that of this machine's processor whatever it says
 * that it is for.
 * @param {string} reference with registry and tag
 * @param {object} [options]
 * @param {string} [options.version] other versions are other images
 * @param {string} [options.architecture] this machine's when absent
 * @param {string} [options.variant]
 * @param {User} [options.user] of the registry
 * @returns {Promise<PushedImage>}
 */
export async function pushHttpImage(reference, options = {}) {
  const { version = '1', architecture = ARCHITECTURE, variant, user } = options;
  const platform = { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) };
  const { base, tag } = locate(reference);
  const layer = tar(httpFiles(version));
  const packed = gzipSync(layer, { level: 1 });
  const description = Buffer.from(imageDescription(layer, httpConfig(version), platform));
  for (const blob of [packed, description]) await putBlob(base, blob, user);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, size: description.length, digest: digestOf(description) },
    layers: [{ mediaType: LAYER, size: packed.length, digest: digestOf(packed) }],
  });
  await putManifest(base, tag, MANIFEST, manifest, user);
  const size = Buffer.byteLength(manifest);
  return { id: digestOf(description), digest: digestOf(manifest), size, platform };
}

/**
 * Makes a tag stand for several images of its repository, one for each platform.
 * @param {string} reference with registry and tag
 * @param {readonly PushedImage[]} members
 * @param {User} [user] of the registry
 */
export async function pushIndex(reference, members, user) {
  const { base, tag } = locate(reference);
  const manifests = members.map(({ digest, size, platform }) => ({
    ...{ mediaType: MANIFEST, size, digest, platform },
  }));
  const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
  await putManifest(base, tag, INDEX, body, user);
}

/** @param {string} reference */
function locate(reference) {
  const [, registry, repository, tag] = /^([^/]+)\/(.+):([^:/]+)$/.exec(reference) ?? [];
  if (!registry || !repository || !tag) throw new Error(`${reference} must be registry/repository:tag`);
  return { base: `http://${registry}/v2/${repository}`, tag };
}

/**
 * @param {string} base
 * @param {Buffer} content
 * @param {User | undefined} user
 */
async function putBlob(base, content, user) {
  const begun = await ask(`${base}/blobs/uploads/`, { method: 'POST', headers: authOf(user) }, 202);
  const url = new URL(begun.headers.get('location') ?? '', base);
  url.searchParams.set('digest', digestOf(content));
  const headers = { ...authOf(user), 'content-type': 'application/octet-stream' };
  await ask(url, { method: 'PUT', headers, body: new Uint8Array(content) }, 201);
}

/**
 * @param {string} base
 * @param {string} tag
 * @param {string} type
 * @param {string} body
 * @param {User | undefined} user
 */
async function putManifest(base, tag, type, body, user) {
  const headers = { ...authOf(user), 'content-type': type };
  await ask(`${base}/manifests/${tag}`, { method: 'PUT', headers, body }, 201);
}

/**
 * @param {string | URL} url
 * @param {RequestInit} request
 * @param {number} expected status
 */
async function ask(url, request, expected) {
  const answer = await fetch(url, request);
  if (answer.status === expected) return answer;
  throw new Error(`${request.method} ${String(url)}: ${answer.status} ${await answer.text()}`);
}

/**
 * @param {User | undefined} user
 * @returns {Record<string, string>}
 */
function authOf(user) {
  if (!user) return {};
  const { username, password } = user;
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

/** @param {string | Buffer} content */
function digestOf(content) {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}
