import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { startEngine, stopEngine } from '../../../../tools/engine/engine.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act();
}, 120_000);

/** Puts a small file system in a folder. */
function mountSmall(folder: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'tmpfs', folder]);
  undo.push(() => execFileSync('umount', ['--lazy', folder]));
}

/** Takes all that is free; the answer gives it back. */
async function fill(folder: string): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(folder);
  const file = join(folder, 'filling');
  await writeFile(file, Buffer.alloc(bavail * bsize));
  expect((await statfs(folder)).bavail).toBe(0);
  return () => rm(file);
}

async function passingFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-full-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it('an engine without space keeps what runs, says so, and takes the change when there is some', async () => {
  const folder = await passingFolder();
  mountSmall(folder, '32m');
  const { host } = await startEngine({ folder });
  undo.push(() => stopEngine(folder));
  const worker = await WorkerOnEngine.open(host);
  undo.push(() => worker.destroy());
  await worker.start();
  await worker.want(1, { containers_per: { server: 2 } });
  await worker.reported({ state: 'converged' }, 60_000);
  const before = await worker.containers();

  const free = await fill(folder);
  await worker.want(2, { containers_per: { server: 2 }, env_vars: { STEP: '2' } });
  const report = await worker.reported({ state: 'failed', revision: 2 }, 60_000);
  expect(report.last_error?.message).toMatch(/no space left on device/i);
  expect(await worker.containers()).toEqual(before);

  await free();
  await worker.reported({ state: 'converged', revision: 2 }, 60_000);
  const after = await worker.containers();
  expect(after.map(({ name, running }) => [name, running])).toEqual(before.map(({ name }) => [name, true]));
}, 240_000);

it('a worker whose folder is full goes on with every change, says so, and keeps the newest when there is space', async () => {
  const worker = await WorkerOnEngine.open();
  undo.push(() => worker.destroy());
  mountSmall(worker.stateDir, '256k');
  // What is mounted has to go before what is below it.
  undo.push(() => worker.close());
  await worker.start();
  await worker.want(1);
  await worker.reported({ state: 'converged', revision: 1 });
  const [before] = await worker.containers();

  const free = await fill(worker.stateDir);
  await worker.want(2, { containers_per: { server: 2 } });
  const report = await worker.reported({ state: 'converged', revision: 2 });
  expect(report.last_error).toMatchObject({ step: 'persist', message: expect.stringContaining('ENOSPC') });
  expect(await worker.problem()).toMatch(/the state folder can't be written to: .*ENOSPC/);
  await worker.engine.docker.getContainer(before?.id ?? '').kill();
  await expectRunning(worker, 2);

  await free();
  await worker.want(3, { containers_per: { server: 3 } });
  await worker.reported({ state: 'converged', revision: 3 });
  await worker.close();
  worker.forgetReports();
  await worker.start();
  await worker.reported({ state: 'converged', revision: 3 });
  await expectRunning(worker, 3);
}, 120_000);

async function expectRunning(worker: WorkerOnEngine, replicas: number): Promise<void> {
  await eventually(async () => {
    expect((await worker.containers()).map(({ running }) => running)).toEqual(
      Array.from({ length: replicas }, () => true),
    );
  });
}
