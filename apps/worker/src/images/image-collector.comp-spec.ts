import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from '../agent/testing/memory-engine.js';
import { wanted } from '../agent/testing/messages.js';
import { WorkerUnderTest } from '../agent/testing/worker-under-test.js';
import { diskUsage, usedPercent } from './disk-usage.js';

/** Every disk is fuller than this, and never less full. */
const ALWAYS = { high_percent: 1, low_percent: 0 };

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  engine.imageFolder = worker.stateDir;
  expect(usedPercent(await diskUsage(worker.stateDir))).toBeGreaterThan(1);
  for (const name of ['far:1', 'far:2', 'far:3']) engine.registry.set(name, `id of ${name}`);
});

afterEach(async () => {
  await worker.destroy();
});

/** Has the app run from one pulled image after the other, so that all but the last are needed no more. */
async function runThrough(...images: string[]): Promise<void> {
  for (const [index, docker_image] of images.entries()) {
    const revision = index + 1;
    worker.receive(wanted({ revision, spec: { docker_image } }));
    await worker.reported({ state: 'converged', revision });
  }
}

function pulledImages(): string[] {
  return [...engine.images.keys()].filter((name) => name.startsWith('far:')).sort();
}

function removed(): string[] {
  return engine.calls.filter(({ verb }) => verb === 'removeImage').map(({ subject }) => subject);
}

/** Resolves after two more looks at everything: the first may have begun before. */
async function resyncs(): Promise<void> {
  const before = engine.lists;
  await eventually(() => expect(engine.lists).toBeGreaterThanOrEqual(before + 4));
}

it('a full disk has images removed that were pulled and are not needed, without being asked', async () => {
  await worker.start({ images: { gc: ALWAYS }, resync_seconds: 1 });
  await runThrough('far:1', 'far:2', 'far:3');
  await eventually(() => expect(pulledImages()).toEqual(['far:3']));
  // Those were there before.
  expect([...engine.images.keys()]).toEqual(expect.arrayContaining(['shop:1', 'shop:2', 'shop:3']));
  await eventually(() => expect(worker.log.text).toContain('no image on it is left that is not needed'));
  await resyncs();
  // The disk is as full as before, which has been said.
  expect(worker.log.text.split('no image on it is left')).toHaveLength(2);
});

it('a pull has the disk looked at, also when it fails', async () => {
  await worker.start({ images: { gc: { high_percent: 100, low_percent: 99 } } });
  await runThrough('far:1', 'far:2');
  await worker.close();
  await worker.start({ images: { gc: ALWAYS } });
  worker.receive(wanted({ revision: 3, spec: { docker_image: 'nowhere:1' } }));
  await worker.reported({ state: 'failed', revision: 3 });
  await eventually(() => expect(pulledImages()).toEqual(['far:2']));
});

it('what was pulled longest ago goes first, and what an earlier version pulled before all', async () => {
  await worker.start();
  await runThrough('far:2', 'far:1', 'far:3', 'shop:1');
  await worker.close();
  const file = join(worker.stateDir, 'images.json');
  const kept = JSON.parse(await readFile(file, 'utf8')) as { pulled_at: Record<string, number> };
  expect(Object.keys(kept.pulled_at)).toHaveLength(3);
  delete kept.pulled_at['id of far:3'];
  await writeFile(file, JSON.stringify(kept));
  await worker.start({ images: { gc: ALWAYS }, resync_seconds: 1 });
  await eventually(() => expect(removed()).toEqual(['id of far:3', 'id of far:2', 'id of far:1']));
});

it('a disk that has been too full is looked after until it is below the lower mark', async () => {
  const gc = { ...ALWAYS };
  await worker.start({ images: { gc }, resync_seconds: 1 });
  await runThrough('far:1', 'far:2');
  await eventually(() => expect(worker.log.text).toContain('no image on it is left that is not needed'));
  // It is between the marks now.
  gc.high_percent = 100;
  await resyncs();
  worker.receive(wanted({ revision: 3, spec: { docker_image: 'shop:1' } }));
  await worker.reported({ state: 'converged', revision: 3 });
  await eventually(() => expect(pulledImages()).toEqual([]));
});

it.each([
  ['that is not full', () => ({ high_percent: 100, low_percent: 99 }), null],
  ['that can not be seen', () => ALWAYS, '/nowhere'],
])('a disk %s keeps its images', async (_what, gc, folder) => {
  engine.imageFolder = folder ?? engine.imageFolder;
  await worker.start({ images: { gc: gc() }, resync_seconds: 1 });
  await runThrough('far:1', 'far:2');
  await resyncs();
  expect(pulledImages()).toEqual(['far:1', 'far:2']);
  const told = worker.log.text.split('can not be seen from here, so none is removed').length - 1;
  expect(told).toBe(folder === null ? 0 : 1);
});

it('a full disk has what has ended of an app that is forbidden here removed, and then the image that it held', async () => {
  const settings = { worker_policy: { privileged: false } };
  const update = { min_ready_seconds: 0 };
  const serves = async (app_name: string, revision: number, docker_image: string): Promise<void> => {
    worker.receive(wanted({ app_name, revision, spec: { docker_image, update } }), app_name);
    const done = { revision, state: 'converged', update: { state: 'done', ready: 1 } };
    await eventually(() => expect(worker.report(app_name)).toMatchObject(done));
  };
  await worker.start({ ...settings, resync_seconds: 1 });
  await serves('web', 1, 'shop:1');
  await serves('other', 1, 'far:1');
  await serves('other', 2, 'shop:2');
  worker.receive(wanted({ revision: 2, spec: { privileged: true } }));
  await worker.reported({ state: 'failed', revision: 2 });
  const [kept] = engine.of('web');
  if (!kept) throw new Error('There is no container of web.');
  const left = { ...kept, id: 'left', name: 'web-7', replica: 7, state: 'exited' as const };
  const holding = { image: 'far:1', image_id: 'id of far:1', fingerprint: 'v1:before' };
  engine.containers.set('left', { ...left, ...holding, scope: 'default' });
  await resyncs();
  expect(engine.named('web-7')).toBeDefined();

  await worker.close();
  await worker.start({ ...settings, images: { gc: ALWAYS } });
  // The next resync is minutes away, so it is the pull that has the disk looked at.
  await serves('other', 3, 'far:2');
  await eventually(() => expect(engine.of('web')).toEqual([kept]));
  await eventually(() => expect(pulledImages()).toEqual(['far:2']));
});
