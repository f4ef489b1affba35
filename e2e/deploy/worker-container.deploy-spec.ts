import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Tokens } from '@nebula/contracts';
import type Docker from 'dockerode';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { addedMegabytes, buildNebulaImage, nebulaImage } from '../../tools/services/nebula-images.mjs';
import { searchForSecrets } from '../../tools/test/known-secrets.mjs';
import { EngineView, type SeenContainer } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { keepDesiredState } from '../testing/kept-desired-state.js';
import { SocketPassage } from './testing/socket-passage.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const APP = `${SCOPE}-app`;
const OF_WORKER = `of-test=${SCOPE}`;
const WORKER_IMAGE = nebulaImage('worker');
const IMAGE = 'nebula-in-container:1';
/** Name of the worker's image after an update. */
const NEXT_IMAGE = 'nebula-worker-next';
const LIMIT = 120_000;
/** Images are built from the sources, with all that they need from the package registry. */
const BUILD_LIMIT = 1_200_000;

const engine = new EngineView(ENGINE);
let stateDir: string;
let worker: Docker.Container;
let self: SeenContainer;
let passage: SocketPassage | undefined;

/** The labels of a container that this worker would end as soon as it saw it, were it not its own. */
const labels = {
  'of-test': SCOPE,
  'nebula.scope': SCOPE,
  'nebula.app': APP,
  'nebula.replica': '1',
  'nebula.fingerprint': 'v1:of-something-else',
};

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'nebula-in-container-'));
  await makeHttpImage(ENGINE, IMAGE, { version: SCOPE });
  await buildNebulaImage(ENGINE, 'worker');
  await keep(1);
  worker = await engine.docker.createContainer({
    name: `${SCOPE}-worker`,
    Image: WORKER_IMAGE,
    Labels: labels,
    Env: [
      ...[`APP_NAME=${APP}`, `SCOPE=${SCOPE}`, 'WORKER_PORT=0', 'LOG_LEVEL=info'],
      ...['RABBIT_HOST=127.0.0.1:1', 'RABBIT_USER=nobody', 'RABBIT_PASSWORD=nothing'],
    ],
    HostConfig: {
      Binds: [`${new URL(ENGINE).pathname}:/var/run/docker.sock`, `${stateDir}:/state`],
      NetworkMode: 'none',
      ReadonlyRootfs: true,
    },
  });
  await worker.start();
  self = await seenWorker();
}, BUILD_LIMIT);

afterAll(async () => {
  for (const label of [OF_WORKER, `nebula.scope=${SCOPE}`]) {
    const listed = await engine.docker.listContainers({ all: true, filters: { label: [label] } });
    for (const { Id } of listed) await engine.docker.getContainer(Id).remove({ force: true, v: true });
  }
  for (const name of await engine.networks(`nebula.scope=${SCOPE}`))
    await engine.docker.getNetwork(name).remove();
  await engine.docker.getImage(`${NEXT_IMAGE}:${SCOPE}`).remove({ force: true });
  await passage?.end();
  await rm(stateDir, { recursive: true });
}, LIMIT);

async function keep(revision: number, tokens: Partial<Tokens> = {}): Promise<void> {
  const spec = {
    ...{ app_name: APP, docker_image: IMAGE, containers_per: { server: 2 } },
    env_vars: { STEP: String(revision) },
  };
  await keepDesiredState(stateDir, revision, spec, tokens);
}

async function seenWorker(): Promise<SeenContainer> {
  const [seen] = await engine.containers(OF_WORKER);
  if (!seen) throw new Error('The container of the worker is gone.');
  return seen;
}

async function containers(): Promise<SeenContainer[]> {
  return (await engine.containers(`nebula.scope=${SCOPE}`)).filter(({ id }) => id !== self.id);
}

/** Ends the worker in order, and starts another one with the same folder, list and rights, except for these changes. */
async function replaceWorker(changes: Docker.ContainerCreateOptions): Promise<void> {
  await worker.stop();
  const { Config, HostConfig, Name } = await worker.inspect();
  await worker.remove();
  worker = await engine.docker.createContainer({
    ...{ name: Name.slice(1), Image: WORKER_IMAGE, Labels: labels, Env: Config.Env, HostConfig },
    ...changes,
  });
  await worker.start();
  self = await seenWorker();
}

/** All that the worker has said. */
async function log(): Promise<string> {
  const text = (await worker.logs({ stdout: true, stderr: true })).toString();
  searchForSecrets(text, 'the log of a worker in a container');
  return text;
}

async function serves(revision: number): Promise<void> {
  await eventually(async () => {
    const seen = await containers();
    expect(seen.map(({ name, running, environment }) => [name, running, environment['STEP']])).toEqual([
      [`${APP}-1`, true, String(revision)],
      [`${APP}-2`, true, String(revision)],
    ]);
  }, LIMIT);
}

it(
  'a worker in a container of the engine that it drives brings an app there, and never touches itself',
  async () => {
    await serves(1);
    expect(await seenWorker()).toEqual(self);
  },
  2 * LIMIT,
);

it(
  'its restart touches nothing, and the next start takes a change, and prunes neither its container nor its image',
  async () => {
    const before = await containers();
    const lines = (await log()).split('connected to the container engine').length;
    await worker.restart();
    await eventually(async () => {
      expect((await log()).split('connected to the container engine').length).toBeGreaterThan(lines);
    }, LIMIT);
    expect(await containers()).toEqual(before);

    // As a crash ends it: the folder's claim is that of a process with the same id.
    await worker.kill();
    await keep(2, { prune: 2 });
    await worker.start();
    await serves(2);
    await eventually(async () => expect(await log()).toContain('prune images'), LIMIT);
    expect((await engine.docker.getImage(WORKER_IMAGE).inspect()).RepoTags).toContain(WORKER_IMAGE);
    expect(await seenWorker()).toMatchObject({ id: self.id, name: self.name, running: true });
  },
  2 * LIMIT,
);

it('its image adds little to its base, which a server has once', async () => {
  expect(await addedMegabytes(ENGINE, WORKER_IMAGE)).toBeLessThan(2.5);
});

it(
  'its update, a container of another image in place of its own, touches nothing, and goes on with what was kept',
  async () => {
    const before = await containers();
    await engine.docker.getContainer(self.id).commit({
      ...{ repo: NEXT_IMAGE, tag: SCOPE, changes: 'LABEL org.opencontainers.image.version=next' },
    });
    await replaceWorker({ Image: `${NEXT_IMAGE}:${SCOPE}` });
    expect((await worker.inspect()).Config.Labels).toMatchObject({
      'org.opencontainers.image.version': 'next',
    });
    await eventually(async () => expect(await log()).toContain('connected to the container engine'), LIMIT);
    expect(await containers()).toEqual(before);
    // It has looked at both once it has mended one.
    const [right, removed] = before;
    await engine.docker.getContainer(removed?.id ?? '').remove({ force: true });
    await serves(2);
    const [first, second] = await containers();
    expect(first).toEqual(right);
    expect(second?.id).not.toBe(removed?.id);
  },
  2 * LIMIT,
);

it(
  'it ends when the engine makes its socket anew, and the start that follows brings it the new one; nothing is touched',
  async () => {
    const before = await containers();
    const { HostConfig } = await worker.inspect();
    passage = new SocketPassage(new URL(ENGINE).pathname, join(stateDir, 'engine.sock'));
    await passage.start();
    await replaceWorker({
      HostConfig: {
        ...HostConfig,
        Binds: [`${passage.path}:/var/run/docker.sock`, `${stateDir}:/state`],
        RestartPolicy: { Name: 'unless-stopped' },
      },
    });
    await eventually(async () => expect(await log()).toContain('connected to the container engine'), LIMIT);
    await passage.end();
    await passage.start();
    await eventually(async () => expect((await worker.inspect()).RestartCount).toBe(1), LIMIT);
    expect(await log()).toContain('the engine has removed its socket');
    expect(await containers()).toEqual(before);
    await engine.docker.getContainer(before[1]?.id ?? '').remove({ force: true });
    await serves(2);
    expect((await worker.inspect()).RestartCount).toBe(1);
  },
  2 * LIMIT,
);

it(
  'whatever app its labels name: of one that it does not list everything is removed but itself',
  async () => {
    const [first] = await containers();
    const { Env } = (await worker.inspect()).Config;
    await replaceWorker({
      name: `${APP}-9`,
      Env: Env.map((line) => (line.startsWith('APP_NAME=') ? 'APP_NAME=another' : line)),
    });
    expect(first?.running).toBe(true);
    await eventually(async () => expect(await containers()).toEqual([]), LIMIT);
    expect(await seenWorker()).toEqual(self);
  },
  2 * LIMIT,
);
