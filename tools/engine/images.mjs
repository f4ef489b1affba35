/**
 * Images for tests, made on the spot from a static busybox: no registry outside is needed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { engineDo, engineRequest } from './engine-api.mjs';
import { tar } from './tar.mjs';

/** @import { TarEntry } from './tar.mjs' */

/** The package of Debian and Ubuntu. */
export const BUSYBOX_PACKAGE = 'busybox-static';

const BUSYBOX = '/bin/busybox';

const APPLETS = [
  'sh',
  'httpd',
  'cat',
  'env',
  'sleep',
  'test',
  'touch',
  'rm',
  'ls',
  'id',
  'grep',
  'ip',
  'hostname',
  'wget',
  'mount',
  'head',
  'wc',
];

/**
 * As the first process of a container it gets no signal that it doesn't handle, so it handles SIGTERM.
 * It ends as soon as the server does, with the server's exit code.
 */
const SERVE = `#!/bin/sh
trap 'kill "$server"; exit 0' TERM INT
httpd -f -p "\${PORT:-8080}" -h /www &
server=$!
wait "$server"
`;

const ENV_PAGE = `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
exec env
`;

/**
 * Makes an image that answers over HTTP on port 8080 (or the variable PORT): `/` with its version, and
 * `/cgi-bin/env` with its environment. It stops at once.
 * @param {string} host of the engine
 * @param {string} reference with a tag
 * @param {object} [options]
 * @param {string} [options.version] other versions are other images
 * @param {boolean} [options.healthcheck] checks every second: unhealthy while the file /sick is there, or from the
 *   start when the variable SICK is set
 * @returns {Promise<string>} its id
 */
export async function makeHttpImage(host, reference, { version = '1', healthcheck = false } = {}) {
  return await importImage(host, reference, httpFiles(version), [
    'ENV PATH=/bin',
    `ENV VERSION=${version}`,
    'EXPOSE 8080',
    'CMD ["/serve"]',
    ...(healthcheck
      ? ['HEALTHCHECK --interval=1s --timeout=5s --retries=1 CMD test ! -e /sick -a -z "$SICK"']
      : []),
  ]);
}

/**
 * The image of `makeHttpImage` on Podman, without a health check: Podman leaves those to systemd.
 * @param {string} host
 * @param {string} reference
 * @param {object} [options]
 * @param {string} [options.version] other versions are other images
 * @returns {Promise<string>} its id
 */
export async function makeHttpImageOnPodman(host, reference, { version = '1' } = {}) {
  return await loadImage(host, reference, httpFiles(version), httpConfig(version));
}

/**
 * Docker's configuration of a container from the image of `makeHttpImage`, without a health check.
 * @param {string} version
 */
export function httpConfig(version) {
  return {
    Env: ['PATH=/bin', `VERSION=${version}`],
    ExposedPorts: { '8080/tcp': {} },
    Cmd: ['/serve'],
  };
}

/** Docker's names for processors. @type {Record<string, string>} */
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ppc64: 'ppc64le', s390x: 's390x' };

/** Docker's name for this machine's processor. */
export const ARCHITECTURE = ARCHITECTURES[process.arch] ?? process.arch;

/**
 * Makes an image of one layer in the form in which engines exchange them, which Podman reads as Docker does: its import
 * knows neither a tag nor a health check.
 * @param {string} host
 * @param {string} reference
 * @param {TarEntry[]} entries
 * @param {object} config Docker's, of a container
 * @returns {Promise<string>} its id
 */
async function loadImage(host, reference, entries, config) {
  const layer = tar(entries);
  const description = imageDescription(layer, config, { architecture: ARCHITECTURE, os: 'linux' });
  const name = `${sha256(description)}.json`;
  const manifest = [{ Config: name, RepoTags: [reference], Layers: ['layer.tar'] }];
  const archive = tar([
    { path: name, content: description },
    { path: 'layer.tar', content: layer },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
  await engineDo(host, 'POST', '/images/load?quiet=1', { tar: archive });
  return await imageIdOf(host, reference);
}

/**
 * What makes an image of one layer: its digest is the image's id.
 * @param {Buffer} layer a tar archive
 * @param {object} config Docker's, of a container
 * @param {{ os: string, architecture: string, variant?: string }} platform
 */
export function imageDescription(layer, config, platform) {
  const created = '2026-01-01T00:00:00Z';
  return JSON.stringify({
    ...{ ...platform, created, config },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    history: [{ created, created_by: 'nebula' }],
  });
}

/** @param {string | Buffer} content */
function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * The files of the image of `makeHttpImage`.
 * @param {string} version
 * @returns {TarEntry[]}
 */
export function httpFiles(version) {
  return [
    ...busybox(),
    { path: 'serve', mode: 0o755, content: SERVE },
    { path: 'www/' },
    { path: 'www/index.html', content: `version ${version}\n` },
    { path: 'www/cgi-bin/' },
    { path: 'www/cgi-bin/env', mode: 0o755, content: ENV_PAGE },
  ];
}

/** @returns {TarEntry[]} */
function busybox() {
  if (!existsSync(BUSYBOX)) throw new Error(`${BUSYBOX} is missing; the package ${BUSYBOX_PACKAGE} has it`);
  return [
    { path: 'bin/' },
    { path: 'bin/busybox', mode: 0o755, content: readFileSync(BUSYBOX) },
    ...APPLETS.map((name) => ({ path: `bin/${name}`, mode: 0o777, link: 'busybox' })),
    ...['etc/', 'tmp/', 'dev/', 'proc/', 'sys/'].map((path) => ({ path })),
    { path: 'etc/passwd', content: 'root:x:0:0:root:/:/bin/sh\n' },
  ];
}

/**
 * @param {string} host
 * @param {string} reference
 * @param {TarEntry[]} entries
 * @param {string[]} changes lines as in a Dockerfile
 * @returns {Promise<string>} its id
 */
export async function importImage(host, reference, entries, changes) {
  const [repo, tag] = split(reference);
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  for (const change of changes) query.append('changes', change);
  await engineDo(host, 'POST', `/images/create?${query.toString()}`, { tar: tar(entries) });
  return await imageIdOf(host, reference);
}

/**
 * @param {string} host
 * @param {string} reference
 * @returns {Promise<string>}
 */
export async function imageIdOf(host, reference) {
  const text = await engineDo(host, 'GET', `/images/${reference}/json`);
  return parseImage(text).Id;
}

/** @type {(text: string) => { Id: string }} */
const parseImage = JSON.parse;

/**
 * Gives an image another name.
 * @param {string} host
 * @param {string} reference
 * @param {string} other
 */
export async function tagImage(host, reference, other) {
  const [repo, tag] = split(other);
  await engineDo(host, 'POST', `/images/${reference}/tag?${new URLSearchParams({ repo, tag }).toString()}`);
}

/**
 * Pushes to the registry that the reference names.
 * @param {string} host
 * @param {string} reference
 * @param {{ username?: string, password?: string }} [user] of the registry
 */
export async function pushImage(host, reference, { username, password } = {}) {
  const [repo, tag] = split(reference);
  const auth = Buffer.from(JSON.stringify({ username, password })).toString('base64');
  await engineDo(host, 'POST', `/images/${repo}/push?${new URLSearchParams({ tag }).toString()}`, {
    // The engine insists on credentials, be they empty.
    headers: { 'x-registry-auth': auth.replaceAll('+', '-').replaceAll('/', '_') },
  });
}

/**
 * Takes a name away, and the image with its last one.
 * @param {string} host
 * @param {string} reference
 */
export async function removeImage(host, reference) {
  const { status, text } = await engineRequest(host, 'DELETE', `/images/${reference}?force=true`);
  if (status !== 200 && status !== 404) throw new Error(`${reference} can't be removed: ${text}`);
}

/**
 * @param {string} reference
 * @returns {[repo: string, tag: string]}
 */
function split(reference) {
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) throw new Error(`${reference} has no tag`);
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}
