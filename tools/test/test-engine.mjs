/**
 * The Docker Engine that tests and benchmarks run on.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEngine, stopEngine } from '../engine/engine.mjs';
import { pingEngine } from '../engine/find-engine.mjs';
import { BUSYBOX_PACKAGE } from '../engine/images.mjs';
import { ENGINE_PACKAGES } from '../engine/install-engine.mjs';
import { ensurePackages } from '../engine/packages.mjs';
import { REGISTRY_PACKAGE } from '../engine/registry.mjs';

const FOLDERS = join(import.meta.dirname, '..', '..', '.test');

/** What the tests use beside the engine itself, too. */
const PACKAGES = [...ENGINE_PACKAGES, BUSYBOX_PACKAGE, REGISTRY_PACKAGE];

/**
 * @typedef {object} TestEngine
 * @property {string} host
 * @property {() => Promise<void>} stop ends it, if it is our own
 */

/** Address of the engine that the tests are told to use; undefined when they start engines of their own. */
export function givenEngine() {
  return process.env['NEBULA_TEST_DOCKER_HOST'] || undefined;
}

/**
 * The engine at NEBULA_TEST_DOCKER_HOST when that is set, else an empty one of our own under .test/, for which
 * packages are installed where they are missing.
 * @param {(line: string) => void} say
 * @param {string} [name] of its folder; another name is another engine
 * @returns {Promise<TestEngine>}
 * @throws {Error} with what to do, when neither can be had
 */
export async function testEngine(say, name = 'engine') {
  const folder = join(FOLDERS, name);
  const given = givenEngine();
  if (given) {
    const engine = await pingEngine(given);
    if (!engine.found) throw new Error(`NEBULA_TEST_DOCKER_HOST is ${given}, but ${engine.reason}`);
    return { host: given, stop: async () => {} };
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      'These tests need a Docker Engine. Only root can start one of their own: run\n  sudo npm test\nor set NEBULA_TEST_DOCKER_HOST to the address of an engine that they may use, like unix:///var/run/docker.sock.',
    );
  }
  await ensurePackages(PACKAGES, say);
  // An engine that was left by a run that was killed would bring its containers back.
  const clear = () => stopAndEmpty(folder);
  await clear();
  const { host } = await startEngine({ folder });
  return { host, stop: clear };
}

/** @param {string} folder */
async function stopAndEmpty(folder) {
  await stopEngine(folder);
  await rm(join(folder, 'data'), { recursive: true, force: true });
}
