/**
 * The example app `hello`: created once, on the first start with an empty store.
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, portsInUse } from './free-ports.mjs';
import { ensureHelloImages, HELLO_IMAGES } from './hello-image.mjs';
import { ownThings } from './own-things.mjs';

/** @import Docker from 'dockerode' */
/** @import { Api, AppStatus } from './api-client.mjs' */

const SPEC_FILE = join(import.meta.dirname, '..', '..', 'examples', 'hello', 'hello.json');

/** Two replicas, and a third for the command that scales. */
const PORTS = 3;

/** Far beyond what two containers need on a slow machine. */
const ANSWER_LIMIT_MS = 90_000;

/**
 * @typedef {object} HelloSpec
 * @property {string} app_name
 * @property {string} docker_image
 * @property {Record<string, string>[]} starting_ports
 * @property {{ server: number }} containers_per
 */

/**
 * @typedef {object} Surroundings
 * @property {Api} api
 * @property {Docker} docker
 * @property {string} publishedOn host name under which published ports are reached
 * @property {string} stateDir
 * @property {(line: string) => void} say
 * @property {AbortSignal} stopping
 */

/**
 * An example that somebody has deleted does not come back. An empty store is no proof that there is no app of its name:
 * when the state folder was lost, its containers still run, and the example would take their place.
 * @param {Pick<Surroundings, 'docker' | 'stateDir' | 'say'> & { api: Pick<Api, 'apps'>, scope: string }} surroundings
 */
export async function exampleIsDue({ api, docker, scope, stateDir, say }) {
  if (existsSync(marker(stateDir)) || (await api.apps()).items.length > 0) return false;
  const { app_name } = await readSpec();
  const { containers } = await ownThings(docker, scope);
  if (!containers.some(({ app }) => app === app_name)) return true;
  say(
    `The example app is not created: there are containers of an app ${app_name} already, which are left as they are.`,
  );
  return false;
}

async function readSpec() {
  return /** @type {HelloSpec} */ (JSON.parse(await readFile(SPEC_FILE, 'utf8')));
}

/** @param {string} stateDir */
const marker = (stateDir) => join(stateDir, 'example-created');

/**
 * An engine that was set up anew knows nothing of images that can't be pulled; the app may still be in the store.
 * @param {Api} api
 * @param {Docker} docker
 */
export async function restoreExampleImages(api, docker) {
  /** @type {string[]} */
  const ours = Object.values(HELLO_IMAGES);
  const { items } = await api.apps();
  if (items.some(({ docker_image }) => ours.includes(docker_image))) await ensureHelloImages(docker);
}

/**
 * Creates the app and waits until every replica answers.
 * @param {Surroundings} surroundings
 * @throws {Error} with what the worker says when they don't answer in time
 */
export async function createExample({ api, docker, publishedOn, stateDir, say, stopping }) {
  say('Making the image of the example app from the node that runs this (no registry is needed) …');
  await ensureHelloImages(docker);

  const spec = await readSpec();
  const [hostPort = '', containerPort = ''] = Object.entries(spec.starting_ports[0] ?? {})[0] ?? [];
  const first = await freePorts(Number(hostPort), PORTS, await portsInUse(docker));
  if (first !== Number(hostPort)) {
    say(`Of the ports from ${hostPort} up some are in use; the example takes ${first} and the next.`);
  }
  const replicas = spec.containers_per.server;
  say(`Creating the app ${spec.app_name} with ${replicas} replicas …`);
  await api.create({ ...spec, starting_ports: [{ [first]: containerPort }] });
  await writeFile(marker(stateDir), '', { mode: 0o600 });

  const urls = Array.from({ length: replicas }, (_, n) => `http://${publishedOn}:${first + n}`);
  await untilAnswering(api, spec.app_name, urls, say, stopping);
}

/**
 * @param {Api} api
 * @param {string} app
 * @param {string[]} urls
 * @param {(line: string) => void} say
 * @param {AbortSignal} stopping
 */
async function untilAnswering(api, app, urls, say, stopping) {
  const startedAt = performance.now();
  let said = '';
  let saidAt = startedAt;
  for (;;) {
    stopping.throwIfAborted();
    const answers = await Promise.all(urls.map(isAnswering));
    const status = await api.status(app);
    const count = answers.filter(Boolean).length;
    const line = `${count} of ${urls.length} answer${describe(status)}`;
    const now = performance.now();
    const elapsed = `${((now - startedAt) / 1000).toFixed(1)} s`;
    if (line !== said || now - saidAt > 5000) {
      say(`  ${elapsed.padStart(6)}  ${line}`);
      said = line;
      saidAt = now;
    }
    if (count === urls.length) return;
    if (now - startedAt > ANSWER_LIMIT_MS) {
      const reason = status?.last_error
        ? `the worker failed at the step ${status.last_error.step}: ${status.last_error.message}`
        : 'the worker reports no error; its log above may say more';
      throw new Error(`${app} does not answer after ${elapsed}: ${reason}`);
    }
    await sleep(150, undefined, { signal: stopping });
  }
}

/** @param {string} url */
async function isAnswering(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}

/** @param {AppStatus | null} status */
function describe(status) {
  if (!status) return '';
  const containers = status.containers.map(({ name, state }) => `${name} ${state}`).join(', ');
  const error = status.last_error ? `; ${status.last_error.step}: ${status.last_error.message}` : '';
  return `; ${status.state}${containers && `: ${containers}`}${error}`;
}
