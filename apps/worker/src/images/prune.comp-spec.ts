import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from '../agent/testing/memory-engine.js';
import { wanted } from '../agent/testing/messages.js';
import { WorkerUnderTest } from '../agent/testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  for (const name of ['far:1', 'far:2', 'far:3']) engine.registry.set(name, `id of ${name}`);
  await worker.start();
});

afterEach(async () => {
  await worker.destroy();
});

/** Has the app run from one pulled image after the other, so that all but the last are needed no more. */
async function runThrough(...images: string[]): Promise<number> {
  let revision = 0;
  for (const docker_image of images) {
    revision += 1;
    worker.receive(wanted({ revision, spec: { docker_image } }));
    await worker.reported({ state: 'converged', revision });
  }
  return revision;
}

/** Asks for a prune and resolves when it is done. */
async function prune(revision: number, docker_image: string, token = revision): Promise<void> {
  worker.receive(wanted({ revision, spec: { docker_image }, tokens: { prune: token } }));
  await worker.reported({ state: 'converged', revision });
}

/** Has another app run from a pulled image, and stopped. */
async function runOther(docker_image: string): Promise<void> {
  worker.receive(wanted({ app_name: 'other', spec: { docker_image } }), 'other');
  await worker.reported({ app_name: 'other', state: 'converged' });
  const stopped = { docker_image, running: false };
  worker.receive(wanted({ app_name: 'other', revision: 2, spec: stopped }), 'other');
  await worker.reported({ app_name: 'other', state: 'converged', revision: 2 });
}

function pulledImages(): string[] {
  return [...engine.images.keys()].filter((name) => name.startsWith('far:')).sort();
}

function removals(): number {
  return engine.calls.filter(({ verb }) => verb === 'removeImage').length;
}

it('a prune removes what this worker has pulled and nothing needs, and no container', async () => {
  const revision = await runThrough('far:1', 'far:2', 'far:3');
  const before = engine.of('web');
  await prune(revision + 1, 'far:3');
  expect(pulledImages()).toEqual(['far:3']);
  // Those were there before.
  expect([...engine.images.keys()]).toEqual(expect.arrayContaining(['shop:1', 'shop:2', 'shop:3']));
  expect(engine.of('web')).toEqual(before);
});

it('is done once for each time that it is asked for, also after a restart of the worker', async () => {
  await runThrough('far:1', 'far:2');
  await prune(3, 'far:2');
  expect(removals()).toBe(1);
  engine.images.set('far:1', 'id of far:1');
  await worker.close();
  await worker.start();
  worker.receive(
    wanted({ revision: 4, spec: { docker_image: 'far:2', env_vars: { A: '1' } }, tokens: { prune: 3 } }),
  );
  await worker.reported({ state: 'converged', revision: 4 });
  expect(removals()).toBe(1);
});

it('an image stays that was there before, that somebody has tagged, or that a container of another is made from', async () => {
  engine.images.set('far:1', 'id of far:1');
  engine.registry.set('far:1', 'id of far:1');
  worker.receive(wanted({ spec: { docker_image: 'far:1' }, tokens: { release: 1 } }));
  await worker.reported({ state: 'converged', revision: 1 });
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'far:2' } }));
  await worker.reported({ state: 'converged', revision: 2 });
  worker.receive(wanted({ app_name: 'other', spec: { docker_image: 'far:3', running: true } }), 'other');
  await worker.reported({ app_name: 'other', state: 'converged' });
  engine.images.set('mine:1', 'id of far:2');
  worker.receive(wanted({ revision: 3, spec: { docker_image: 'shop:1' } }));
  await worker.reported({ state: 'converged', revision: 3 });
  await prune(4, 'shop:1');
  expect(pulledImages()).toEqual(['far:1', 'far:2', 'far:3']);
  expect(engine.images.get('mine:1')).toBe('id of far:2');
});

it('an image goes that the app has gone back from before it had served', async () => {
  const served = { docker_image: 'far:1', update: { min_ready_seconds: 0 } };
  const hasServed = (revision: number) =>
    eventually(() =>
      expect(worker.reports.at(-1)).toMatchObject({ revision, update: { state: 'done', ready: 1 } }),
    );
  worker.receive(wanted({ revision: 1, spec: served }));
  await hasServed(1);
  const never = { min_ready_seconds: 3_000, health_timeout_seconds: 3_600 };
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'far:2', update: never } }));
  await worker.reported({ state: 'converged', revision: 2 });
  worker.receive(wanted({ revision: 3, spec: served }));
  await hasServed(3);
  worker.receive(wanted({ revision: 4, spec: served, tokens: { prune: 4 } }));
  await worker.reported({ state: 'converged', revision: 4 });
  await eventually(() => expect(pulledImages()).toEqual(['far:1']));
});

it.each([
  ['Docker', 'docker.io/library/far', (reference: string) => reference.replace('docker.io/library/', '')],
  ['Podman', 'near', (reference: string) => `docker.io/library/${reference}`],
])('an image of Docker Hub is known by the name that %s has for it', async (_engine, name, listedName) => {
  const [old, wanted, stopped] = ['1', '2', '3'].map((tag) => `${name}:${tag}`) as [string, string, string];
  engine.listedName = listedName;
  for (const reference of [old, wanted, stopped]) engine.registry.set(reference, `id of ${reference}`);
  const revision = await runThrough(old, wanted);
  await runOther(stopped);
  await prune(revision + 1, wanted);
  const left = [wanted, stopped].map(listedName);
  expect([...engine.images.keys()].filter((each) => !each.startsWith('shop:'))).toEqual(left);
});

it('the image of an app that is stopped stays', async () => {
  await runOther('far:1');
  await prune(1, 'shop:1');
  expect(pulledImages()).toEqual(['far:1']);
});

/** Images that are known to be pulled by this worker. */
async function ownImages(): Promise<string[]> {
  const kept = JSON.parse(await readFile(join(worker.stateDir, 'images.json'), 'utf8')) as { images: object };
  return Object.keys(kept.images).sort();
}

/** What has the worker look at images: each of it once, after the user has removed one. */
const OCCASIONS: [string, (revision: number) => Promise<void>][] = [
  [
    'with the next pull',
    async (revision) => {
      worker.receive(wanted({ revision, spec: { docker_image: 'far:3' } }));
      await worker.reported({ state: 'converged', revision });
    },
  ],
  ['at once, as its engine says so', async () => engine.elsewhere('delete')],
  ['when the engine is back', async () => (engine.leave(), engine.comeBack())],
  [
    'with the next look at everything',
    async () => {
      await worker.close();
      engine.leave();
      await worker.start({ resync_seconds: 1 });
      engine.return();
    },
  ],
  ['with the next prune', async (revision) => await prune(revision, 'far:2')],
];

it.each(OCCASIONS)(
  'an image that the user has removed is his when he pulls it again: seen %s',
  async (_when, happens) => {
    const revision = await runThrough('far:1', 'far:2');
    expect(await ownImages()).toEqual(['id of far:1', 'id of far:2']);
    engine.images.delete('far:1');
    await happens(revision + 1);
    await eventually(async () => expect(await ownImages()).not.toContain('id of far:1'));
    engine.images.set('far:1', 'id of far:1');
    await prune(revision + 2, 'far:2');
    expect(pulledImages()).toContain('far:1');
  },
);

it('an image that the user has pulled again before anybody looks is his, since its engine has said which one was removed', async () => {
  const revision = await runThrough('far:1', 'far:2');
  engine.elsewhere('delete', 'id of far:1');
  await eventually(async () => expect(await ownImages()).toEqual(['id of far:2']));
  await prune(revision + 1, 'far:2');
  expect(pulledImages()).toEqual(['far:1', 'far:2']);
});

it('an image that a prune has removed is not known as its own any more', async () => {
  const revision = await runThrough('far:1', 'far:2');
  await prune(revision + 1, 'far:2');
  await eventually(async () => expect(await ownImages()).toEqual(['id of far:2']));
});

it('images are pruned though the app fails', async () => {
  await runThrough('far:1', 'far:2');
  worker.receive(wanted({ revision: 3, spec: { docker_image: 'nowhere:1' }, tokens: { prune: 3 } }));
  await eventually(() => expect(pulledImages()).toEqual(['far:2']));
  await worker.reported({ state: 'failed', revision: 3 });
});

it('nothing is removed when it is not known any more what was pulled', async () => {
  await runThrough('far:1', 'far:2');
  await worker.close();
  await writeFile(join(worker.stateDir, 'images.json'), '{"images": ');
  await worker.start();
  await prune(3, 'far:2');
  expect(pulledImages()).toEqual(['far:1', 'far:2']);
  expect(worker.log.text).toContain('can not be read, so none of them will be removed');
});
