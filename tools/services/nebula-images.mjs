/**
 * The images of deploy/docker, built as their users build them, on a base that is made of this machine's Node.
 */
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BUSYBOX_PACKAGE } from '../engine/images.mjs';
import { ensurePackages } from '../engine/packages.mjs';
import { nodeFiles } from '../start/node-files.mjs';
import { ensureMachineImage, present } from './machine-image.mjs';

const run = promisify(execFile);

const PROJECT = join(import.meta.dirname, '..', '..');

/** In place of the Node images that the Dockerfiles name, which no registry here has. */
const BASE = `nebula-test-base:${process.versions.node}`;

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** Libraries of the C library's own, that programs of packages may ask for beside those of Node. */
const C_LIBRARIES = ['libutil.so.1', 'librt.so.1', 'libresolv.so.2'];

/** @typedef {'api' | 'worker' | 'nebulactl'} ImageName */

/**
 * @param {ImageName} name
 * @returns {string} the reference of the image that `buildNebulaImage` makes
 */
export function nebulaImage(name) {
  return `${name === 'nebulactl' ? name : `nebula-${name}`}:deploy-test`;
}

/**
 * Makes the base of all of them, unless the engine has it.
 * @param {string} host of the engine
 * @returns {Promise<string>} its reference
 */
export async function ensureNebulaBase(host) {
  await ensurePackages([BUSYBOX_PACKAGE], () => undefined);
  await ensureMachineImage(host, BASE, base);
  return BASE;
}

/**
 * Builds one from the sources of this work tree. What an earlier build of the same sources has left is taken.
 * @param {string} host of the engine; it reaches the package registry
 * @param {ImageName} name
 * @returns {Promise<string>} its reference
 * @throws {Error} with the output of the build
 */
export async function buildNebulaImage(host, name) {
  await ensureNebulaBase(host);
  const reference = nebulaImage(name);
  const args = [
    ...['build', '--network', 'host', '--file', join(PROJECT, 'deploy', 'docker', `${name}.Dockerfile`)],
    ...['--build-arg', `BUILD_BASE=${BASE}`, '--build-arg', `BASE=${BASE}`, '--tag', reference, PROJECT],
  ];
  // The builder that engines without a plugin have.
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: '0' };
  await run('docker', args, { env, maxBuffer: 64 * 1024 * 1024 });
  return reference;
}

/**
 * @param {string} host of the engine
 * @param {string} reference of an image that was built on the base
 * @returns {Promise<number>} what it adds to the base, megabytes (10^6 bytes)
 */
export async function addedMegabytes(host, reference) {
  const args = ['image', 'inspect', '--format', '{{.Size}}', BASE, reference];
  const { stdout } = await run('docker', args, { env: { ...process.env, DOCKER_HOST: host } });
  const [base = 0, whole = 0] = stdout.trim().split('\n').map(Number);
  return (whole - base) / 1e6;
}

/** Node with npm and this machine's way to the package registry. */
async function base() {
  const node = await nodeFiles();
  const [libc = ''] = node.files.filter((path) => path.includes('/libc.so'));
  const libraries = present(C_LIBRARIES.map((name) => join(dirname(libc), name)));
  const npm = npmFolder();
  const { stdout: registry } = await run(process.execPath, [
    join(npm, 'bin', 'npm-cli.js'),
    'config',
    'get',
    'registry',
  ]);
  return {
    paths: [node.binary, ...node.files, ...libraries, npm, ...present([CERTIFICATES])],
    links: {
      '/usr/local/bin/node': node.binary,
      '/usr/local/bin/npm': join(npm, 'bin', 'npm-cli.js'),
      '/usr/local/bin/npx': join(npm, 'bin', 'npx-cli.js'),
    },
    changes: [
      `ENV PATH=/usr/local/bin:/usr/bin:/bin npm_config_registry=${registry.trim()} NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
      ...(node.libraryFolders.length > 0 ? [`ENV LD_LIBRARY_PATH=${node.libraryFolders.join(':')}`] : []),
    ],
  };
}

/** @returns {string} npm's own package; that which runs the tests, else that beside Node */
function npmFolder() {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('npm-cli.js')) return dirname(dirname(realpathSync(running)));
  return realpathSync(join(dirname(realpathSync(process.execPath)), '..', 'lib', 'node_modules', 'npm'));
}
