import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FaultProxy } from '../../apps/worker/src/container-runtime/testing/fault-proxy.js';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { REPOSITORY } from './clone.js';
import { containerService } from './container-service.js';
import { EngineView, type SeenContainer } from './engine-view.js';
import { eventually } from './eventually.js';
import { keepDesiredState } from './kept-desired-state.js';
import { ServiceProcess } from './service-process.js';

const ENGINE = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const SCOPE = `e2e-${randomBytes(4).toString('hex')}`;
const APP = `${SCOPE}-app`;
/** Each with one replica, which is kept waiting by what the name says. */
const [PULLS, STOPS, BEFORE_STOP, AFTER_START] = ['pull', 'stop', 'pre-stop', 'post-start'].map(
  (name) => `${SCOPE}-${name}`,
) as [string, string, string, string];
const SLOW = [PULLS, STOPS, BEFORE_STOP, AFTER_START];
const LABEL = `nebula.scope=${SCOPE}`;
const IMAGE = 'nebula-ends:1';
const REPLICAS = 3;
const LIMIT = 90_000;
/** An image of the worker may have to be built first. */
const START_LIMIT = 1_200_000;
/** The promise is ten seconds. */
const END_LIMIT = 10_000;

/** Its engine kills it after the stop time-out, ten seconds. */
const STUBBORN = ['/bin/sh', '-c', "trap '' TERM; while true; do sleep 1; done"];

/** Goes on until somebody says so, whatever signal comes. */
const UNTIL_TOLD = ['/bin/sh', '-c', "trap '' TERM; while ! test -e /go; do sleep 1; done"];

const engine = new EngineView(ENGINE);
let folder: string;
let proxy: FaultProxy;
let worker: ServiceProcess;
/** Null where workers are processes. */
let image: string | null;

/** A worker as a process of this machine. */
function processOf(environment: Record<string, string>): ServiceProcess {
  return new ServiceProcess({
    ...{ name: 'worker', folder, args: [join(REPOSITORY, 'apps', 'worker', 'dist', 'main.js')] },
    environment: { ...environment, DOCKER_HOST: proxy.host, STATE_DIR: join(folder, 'state') },
  });
}

/** One with the socket of the engine and a folder for its state. */
function containerOf(image: string, environment: Record<string, string>): ServiceProcess {
  const sockets = dirname(new URL(proxy.host).pathname);
  return containerService({
    ...{ name: 'worker', folder, environment, image, host: ENGINE, containerName: `${SCOPE}-worker` },
    volumes: [`${sockets}:${sockets}`, `${join(folder, 'state')}:/state`],
    dockerHost: proxy.host,
  });
}

/**
 * Tests of how a worker ends, on a scope of its own.
 *
 * @param workerImage what its container is made of; it is a process of this machine when absent
 */
export function describeWorkerEnds(workerImage?: () => Promise<string>): void {
  beforeAll(async () => {
    image = (await workerImage?.()) ?? null;
    await makeHttpImage(ENGINE, IMAGE, { version: SCOPE });
  }, START_LIMIT);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nebula-ends-'));
    proxy = await FaultProxy.open(ENGINE);
    const environment = {
      // What it is to run is on its disk: nobody has to bring it.
      ...{
        APP_NAME: [APP, ...SLOW].join(),
        RABBIT_HOST: '127.0.0.1:1',
        RABBIT_USER: 'nobody',
        RABBIT_PASSWORD: 'worker-ends-secret',
      },
      ...{ SCOPE, WORKER_PORT: '0' },
      // So that an update has a middle.
      ENGINE_PARALLELISM: '1',
      WORKER_POLICY: JSON.stringify({ privileged: false }),
    };
    worker = image === null ? processOf(environment) : containerOf(image, environment);
  });

  afterEach(async () => {
    await worker.kill();
    await proxy.close();
    await removeAll();
    await rm(folder, { recursive: true });
  }, LIMIT);

  afterAll(async () => {
    for (const name of await engine.networks(LABEL)) await engine.docker.getNetwork(name).remove();
  }, LIMIT);

  describe('a worker that is told to end', ends);
}

async function removeAll(): Promise<void> {
  const listed = await engine.docker.listContainers({ all: true, filters: { label: [LABEL] } });
  for (const { Id } of listed) await engine.docker.getContainer(Id).remove({ force: true, v: true });
}

async function want(revision: number, spec: Partial<AppSpec>, app_name = APP): Promise<void> {
  await keepDesiredState(join(folder, 'state'), revision, {
    ...{ app_name, docker_image: IMAGE, containers_per: { server: REPLICAS } },
    ...{ env_vars: { STEP: String(revision) }, ...spec },
  });
}

const containers = (): Promise<SeenContainer[]> => engine.containers(LABEL);

/** Names of the first so many replicas of the app. */
const replicas = (count = REPLICAS): string[] => Array.from({ length: count }, (_, n) => `${APP}-${n + 1}`);

/** Resolves when these run as of a revision, and nothing else is left. */
async function serves(revision: number, names = replicas()): Promise<void> {
  await eventually(async () => {
    const seen = (await containers()).map(({ name, running, environment }) => [
      ...[name, running, environment['STEP']],
    ]);
    expect(seen).toEqual(names.map((name) => [name, true, String(revision)]));
  }, LIMIT);
}

/** Ends the worker, and answers how long that took, milliseconds. */
async function ended(signal: 'SIGTERM' | 'SIGINT'): Promise<number> {
  const begin = performance.now();
  expect(await worker.stop(signal)).toBe(0);
  return performance.now() - begin;
}

function ends(): void {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s in the middle of an update leaves no replica down, and the next start goes on',
    async (signal) => {
      await want(1, {});
      worker.start();
      await serves(1);
      await worker.stop();
      await want(2, {});
      // However late the signal comes, the second one is still to be replaced.
      let stops = 0;
      proxy.fault = ({ method, route }) => {
        if (method !== 'POST' || route !== '/containers/{id}/stop') return null;
        stops += 1;
        return stops > 1 ? { kind: 'hang' } : null;
      };
      worker.start();
      await eventually(async () => expect(worker.outputSinceStart).toMatch(/"stop [0-9a-f]+/), LIMIT);
      expect(await ended(signal)).toBeLessThan(END_LIMIT);
      proxy.fault = () => null;

      const running = (await containers()).filter((container) => container.running);
      expect(running.map(({ name }) => name)).toEqual(replicas());
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
      const stubborn = { command: STUBBORN, containers_per: { server: 1 } };
      await want(1, stubborn);
      worker.start();
      await serves(1, replicas(1));
      await worker.stop();
      await want(2, stubborn);
      worker.start();
      const before = await containers();
      await eventually(async () => expect(proxy.requests).toContain('POST /containers/{id}/stop'), LIMIT);
      expect(await ended('SIGTERM')).toBeLessThan(END_LIMIT);
      const after = await containers();
      expect(after.filter(({ running }) => running)).toEqual(before);
      worker.start();
      await serves(2, replicas(1));
    },
    3 * LIMIT,
  );

  it(
    'waits for no pull, no stop and no hook that takes minutes, and the next start goes on with each of them',
    async () => {
      // One that takes every connection and says nothing.
      const registry = createServer().listen(0, '127.0.0.1');
      await once(registry, 'listening');
      const address = registry.address();
      const slowImage = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}/nebula-ends:2`;
      const hook = { command: UNTIL_TOLD, timeout_seconds: 300 };
      const specs: [app: string, first: Partial<AppSpec>, second: Partial<AppSpec>][] = [
        [PULLS, {}, { docker_image: slowImage }],
        [STOPS, { command: UNTIL_TOLD, stop_grace_period_seconds: 300 }, {}],
        [BEFORE_STOP, { hooks: { pre_stop: hook } }, {}],
        [AFTER_START, {}, { hooks: { post_start: hook } }],
      ];
      const one = { containers_per: { server: 1 } };
      const names = SLOW.map((app) => `${app}-1`).sort((a, b) => a.localeCompare(b));
      for (const [app, first] of specs) await want(1, { ...one, ...first }, app);
      worker.start();
      await serves(1, names);
      await worker.stop();
      for (const [app, , second] of specs) await want(2, { ...one, ...second }, app);
      const before = await containers();
      proxy.forget();
      worker.start();
      const asked = (call: RegExp) => proxy.requests.filter((request) => call.test(request)).length;
      const hooksBegun = () => asked(/^POST \/exec\/.*\/start$/);
      const isInTheMiddle = async () => {
        expect(proxy.requests).toContain('POST /images/create');
        expect(hooksBegun()).toBe(2);
        // The other one is before the start whose hook is under way.
        expect(asked(/^POST \/containers\/{id}\/stop$/)).toBe(2);
      };
      await eventually(isInTheMiddle, LIMIT);
      expect(await ended('SIGTERM')).toBeLessThan(END_LIMIT);

      // The one whose hook is under way after its start runs in the place of the one before, and all others as before.
      const running = (await containers()).filter((container) => container.running);
      expect(running.map(({ name }) => name)).toEqual(names);
      const isStarted = ({ name }: SeenContainer): boolean => name === `${AFTER_START}-1`;
      expect(running.filter((seen) => !isStarted(seen))).toEqual(before.filter((seen) => !isStarted(seen)));
      const started = running.find(isStarted);
      expect(started?.environment['STEP']).toBe('2');

      // The engine has its stop, and nobody starts the container again.
      const goOn = async (app: string): Promise<void> => {
        const container = engine.docker.getContainer(`${app}-1`);
        const exec = await container.exec({ Cmd: ['touch', '/go'] });
        await exec.start({});
      };
      await goOn(STOPS);
      await eventually(
        async () =>
          expect((await containers()).find(({ name }) => name === `${STOPS}-1`)?.running).toBe(false),
        LIMIT,
      );
      await engine.docker.getImage(IMAGE).tag({ repo: slowImage.slice(0, -2), tag: '2' });
      registry.close();
      proxy.forget();
      worker.start();
      await eventually(async () => expect(hooksBegun()).toBe(2), LIMIT);
      await goOn(BEFORE_STOP);
      await goOn(AFTER_START);
      await serves(2, names);
      expect((await containers()).find(isStarted)).toEqual(started);
      await engine.docker.getImage(slowImage).remove();
    },
    3 * LIMIT,
  );

  it(
    'waits for no engine that does not answer, whether it found it so or it became so, and the next start goes on',
    async () => {
      await want(1, {});
      worker.start();
      await serves(1);
      const before = await containers();
      await worker.stop();
      await want(2, {});
      let isSilent = false;
      proxy.fault = ({ route }) => {
        isSilent ||= route === '/containers/{id}/stop';
        return isSilent ? { kind: 'hang' } : null;
      };
      worker.start();
      await eventually(async () => expect(isSilent).toBe(true), LIMIT);
      expect(await ended('SIGTERM')).toBeLessThan(END_LIMIT);
      proxy.forget();
      worker.start();
      await eventually(async () => expect(proxy.requests).not.toEqual([]), LIMIT);
      expect(await ended('SIGINT')).toBeLessThan(END_LIMIT);
      expect((await containers()).filter(({ running }) => running)).toEqual(before);
      proxy.fault = () => null;
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
}
