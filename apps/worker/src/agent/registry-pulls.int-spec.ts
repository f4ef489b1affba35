import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeHttpImage, pushImage, removeImage } from '../../../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../../../tools/engine/registry.mjs';
import { TEST_DOCKER_HOST } from '../container-runtime/testing/engine-under-test.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { RegistryProxy } from './testing/registry-proxy.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

const HOST = TEST_DOCKER_HOST;
const port = randomInt(20_000, 21_000);
const behind = port + 1_000;
const LIMIT = 60_000;

let folder: string;
let proxy: RegistryProxy;
let worker: WorkerOnEngine;
/** Made on the engine here. */
const references = new Set<string>();

/** The reference of an image, by which the engine pulls it through the proxy. */
const far = (name: string): string => `127.0.0.1:${port}/${name}`;

/** Puts an image into the registry and leaves it nowhere else. */
async function push(name: string): Promise<string> {
  const near = `127.0.0.1:${behind}/${name}`;
  references.add(far(name));
  const id = await makeHttpImage(HOST, near, { version: name });
  await pushImage(HOST, near);
  await removeImage(HOST, near);
  return id;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-registry-'));
  await startRegistry({ folder, port: behind });
  proxy = await RegistryProxy.open(port, behind);
}, LIMIT);

afterAll(async () => {
  await proxy.close();
  await stopRegistry(folder);
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

beforeEach(async () => {
  proxy.requests.length = 0;
  worker = await WorkerOnEngine.open();
}, LIMIT);

afterEach(async () => {
  await worker.destroy();
  for (const reference of references) await removeImage(HOST, reference);
  references.clear();
}, LIMIT);

describe('an update whose image the registry', () => {
  it.each<[string, string, () => Promise<unknown>, () => Promise<unknown>, string]>([
    [
      'stops to send in the middle of a layer',
      'stalled:2',
      async () => {
        await push('stalled:2');
        proxy.stalls = true;
      },
      async () => (proxy.stalls = false),
      `the pull of ${far('stalled:2')} from the registry 127.0.0.1:${port} made no progress for 2 s`,
    ],
    [
      'does not have',
      'gone:2',
      () => Promise.resolve(),
      () => push('gone:2'),
      `the registry 127.0.0.1:${port} did not give ${far('gone:2')}`,
    ],
  ])(
    '%s fails and says so, touches no container, and is made when it does',
    async (_what, next, breakIt, mendIt, words) => {
      await worker.start({ images: { pull_idle_seconds: 2 } });
      await push('shop:1');
      await worker.want(1, { docker_image: far('shop:1'), containers_per: { server: 2 } });
      await worker.reported({ state: 'converged' });
      const before = await worker.containers();

      await breakIt();
      await worker.want(2, { docker_image: far(next), containers_per: { server: 2 } });
      const { last_error } = await worker.reported({ state: 'failed', revision: 2 });
      expect(last_error).toMatchObject({ step: 'pull', message: expect.stringContaining(words) });
      expect(last_error?.retry_at).not.toBeNull();
      expect(await worker.containers()).toEqual(before);

      await mendIt();
      await worker.reported({ state: 'converged', revision: 2, last_error: null }, LIMIT);
      const after = await worker.containers();
      expect(after.map(({ name, running }) => [name, running])).toEqual(
        before.map(({ name }) => [name, true]),
      );
      for (const { id } of after) {
        const { Config } = await worker.engine.docker.getContainer(id).inspect();
        expect(Config.Image).toBe(far(next));
      }
    },
    LIMIT,
  );
});

describe('the registry is asked for', () => {
  let open = (): void => undefined;

  beforeEach(() => {
    proxy.gate = new Promise((resolve) => {
      open = resolve;
    });
  });

  afterEach(() => open());

  /** How far the pulls of these apps are, as their reports tell. */
  const told = (apps: string[]): string[] =>
    apps.map((app) => worker.report(app)?.progress ?? '').map((text) => text.split(' ')[0] ?? '');

  it(
    'one image once, by however many apps it is wanted at a time',
    async () => {
      await push('shop:1');
      await worker.start({ report_interval_seconds: 1 });
      const apps = [1, 2, 3].map((n) => `${worker.app}-${n}`);
      for (const app_name of apps) await worker.want(1, { docker_image: far('shop:1') }, { app_name });
      await eventually(() => expect(told(apps)).toEqual(['pulling', 'pulling', 'pulling']));
      open();
      for (const app_name of apps) await worker.reported({ app_name, state: 'converged' });
      expect(proxy.manifests).toEqual(['shop']);
    },
    LIMIT,
  );

  it(
    'so many images at a time as are allowed',
    async () => {
      const names = ['one', 'two', 'three'];
      for (const name of names) await push(`${name}:1`);
      await worker.start({ report_interval_seconds: 1, images: { pull_parallelism: 2 } });
      const apps = names.map((name) => `${worker.app}-${name}`);
      for (const [n, app_name] of apps.entries())
        await worker.want(1, { docker_image: far(`${names[n]}:1`) }, { app_name });
      await eventually(() => {
        expect(told(apps).toSorted()).toEqual(['pulling', 'pulling', 'waiting']);
        expect(new Set(proxy.manifests).size).toBe(2);
      });
      open();
      for (const app_name of apps) await worker.reported({ app_name, state: 'converged' });
      expect(proxy.manifests.toSorted()).toEqual(names.toSorted());
    },
    LIMIT,
  );
});
