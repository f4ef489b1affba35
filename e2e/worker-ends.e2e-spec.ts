import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHttpImage } from '../tools/engine/images.mjs';
import { REPOSITORY } from './testing/clone.js';
import { EngineView, type SeenContainer } from './testing/engine-view.js';
import { eventually } from './testing/eventually.js';
import { keepDesiredState } from './testing/kept-desired-state.js';
import { ServiceProcess } from './testing/service-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const APP = `${SCOPE}-app`;
const LABEL = `nebula.scope=${SCOPE}`;
const IMAGE = 'nebula-ends:1';
const REPLICAS = 3;
const LIMIT = 90_000;
/** The promise is ten seconds. */
const END_LIMIT = 10_000;

/** Its engine kills it after the stop time-out, ten seconds. */
const STUBBORN = ['/bin/sh', '-c', "trap '' TERM; while true; do sleep 1; done"];

const engine = new EngineView(ENGINE);
let folder: string;
let worker: ServiceProcess;

beforeAll(async () => {
  await makeHttpImage(ENGINE, IMAGE, { version: SCOPE });
}, LIMIT);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-ends-'));
  worker = new ServiceProcess({
    name: 'worker',
    args: [join(REPOSITORY, 'apps', 'worker', 'dist', 'main.js')],
    folder,
    environment: {
      // What it is to run is on its disk: nobody has to bring it.
      ...{
        APP_NAME: APP,
        RABBIT_HOST: '127.0.0.1:1',
        RABBIT_USER: 'nobody',
        RABBIT_PASSWORD: 'worker-ends-secret',
      },
      ...{ DOCKER_HOST: ENGINE, SCOPE, STATE_DIR: join(folder, 'state'), WORKER_PORT: '0' },
      // So that an update has a middle.
      ENGINE_PARALLELISM: '1',
      WORKER_POLICY: JSON.stringify({ privileged: false }),
    },
  });
});

afterEach(async () => {
  await worker.kill();
  await removeAll();
  await rm(folder, { recursive: true });
}, LIMIT);

afterAll(async () => {
  for (const name of await engine.networks(LABEL)) await engine.docker.getNetwork(name).remove();
}, LIMIT);

async function removeAll(): Promise<void> {
  const listed = await engine.docker.listContainers({ all: true, filters: { label: [LABEL] } });
  for (const { Id } of listed) await engine.docker.getContainer(Id).remove({ force: true, v: true });
}

async function want(revision: number, spec: Partial<AppSpec>): Promise<void> {
  await keepDesiredState(join(folder, 'state'), revision, {
    ...{ app_name: APP, docker_image: IMAGE, containers_per: { server: REPLICAS } },
    ...{ env_vars: { STEP: String(revision) }, ...spec },
  });
}

const containers = (): Promise<SeenContainer[]> => engine.containers(LABEL);

/** Resolves when all replicas run as of a revision, and nothing else is left. */
async function serves(revision: number): Promise<void> {
  await eventually(async () => {
    const seen = (await containers()).map(({ name, running, environment }) => [
      ...[name, running, environment['STEP']],
    ]);
    expect(seen).toEqual(
      Array.from({ length: REPLICAS }, (_, n) => [`${APP}-${n + 1}`, true, String(revision)]),
    );
  }, LIMIT);
}

/** Ends the worker, and answers how long that took, milliseconds. */
async function ended(signal: 'SIGTERM' | 'SIGINT'): Promise<number> {
  const begin = performance.now();
  expect(await worker.stop(signal)).toBe(0);
  return performance.now() - begin;
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s in the middle of an update leaves no replica down, and the next start goes on',
  async (signal) => {
    await want(1, {});
    worker.start();
    await serves(1);
    await worker.stop();
    await want(2, {});
    worker.start();
    await eventually(async () => expect(worker.output).toMatch(/"stop [0-9a-f]+/), LIMIT);
    expect(await ended(signal)).toBeLessThan(END_LIMIT);

    const running = (await containers()).filter((container) => container.running);
    expect(running.map(({ name }) => name)).toEqual(
      Array.from({ length: REPLICAS }, (_, n) => `${APP}-${n + 1}`),
    );
    const done = running.filter(({ environment }) => environment['STEP'] === '2');
    expect(done.length).toBeLessThan(REPLICAS);
    worker.start();
    await serves(2);
    expect(await containers()).toEqual(expect.arrayContaining(done));
  },
  3 * LIMIT,
);

it(
  'waits for no container that takes its time to stop: the engine goes on with it, and the next start with the rest',
  async () => {
    await want(1, { command: STUBBORN });
    worker.start();
    await serves(1);
    await worker.stop();
    await want(2, { command: STUBBORN });
    worker.start();
    const before = await containers();
    // Its policy is taken away right before the stop.
    await eventually(async () => expect(worker.output).toMatch(/set-restart-policy no on/), LIMIT);
    expect(await ended('SIGTERM')).toBeLessThan(END_LIMIT);
    const after = await containers();
    expect(after.filter(({ running }) => running).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    worker.start();
    await serves(2);
  },
  3 * LIMIT,
);

it(
  'what WORKER_POLICY forbids is not begun, and an allowed version is',
  async () => {
    await want(1, { privileged: true });
    worker.start();
    await eventually(
      async () =>
        expect(worker.output).toContain('worker_policy.privileged forbids privileged on this worker'),
      LIMIT,
    );
    expect(await containers()).toEqual([]);
    await worker.stop();
    await want(2, {});
    worker.start();
    await serves(2);
  },
  2 * LIMIT,
);
