import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startEngine, stopEngine } from '../../../../tools/engine/engine.mjs';
import { makeHttpImage, pushImage, removeImage } from '../../../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../../../tools/engine/registry.mjs';
import { IMAGES, WorkerOnEngine } from '../agent/testing/worker-on-engine.js';
import { DockerRuntime } from '../container-runtime/docker/docker-runtime.js';
import { diskUsage, usedPercent } from './disk-usage.js';

const port = randomInt(30_000, 31_000);
const repository = `127.0.0.1:${port}/shop`;

/** Of the engine's disk, bytes. An image takes about 2 MB of it, 6 %. */
const SIZE = 32 * 1024 * 1024;

const undo: (() => unknown)[] = [];
let folder: string;
let worker: WorkerOnEngine;

async function passingFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'nebula-short-'));
  undo.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Puts a build into the registry alone. Answers its id. */
async function publish(tag: string): Promise<string> {
  const { host } = worker.engine;
  const reference = `${repository}:${tag}`;
  const id = await makeHttpImage(host, reference, { version: `short-${tag}` });
  await pushImage(host, reference);
  await removeImage(host, reference);
  return id;
}

async function run(revision: number, tag: string): Promise<void> {
  await worker.want(revision, { docker_image: `${repository}:${tag}` });
  await worker.reported({ state: 'converged', revision }, 60_000);
}

/** Leaves so many bytes free, and answers how to give the others back. */
async function leaveFree(bytes: number): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(folder);
  const file = join(folder, 'filling');
  await writeFile(file, Buffer.alloc(bavail * bsize - bytes));
  return () => rm(file);
}

beforeEach(async () => {
  const registry = await passingFolder();
  await startRegistry({ folder: registry, port });
  undo.push(() => stopRegistry(registry));
  folder = await passingFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder]);
  undo.push(() => execFileSync('umount', ['--lazy', folder]));
  const { host } = await startEngine({ folder });
  undo.push(() => stopEngine(folder));
  worker = await WorkerOnEngine.open(host);
  undo.push(() => worker.destroy());
}, 120_000);

afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act();
}, 120_000);

it('a short disk has the image removed that was pulled first and is not needed, and no more than it takes', async () => {
  const [first, second, third] = [await publish('1'), await publish('2'), await publish('3')];
  const { runtime } = worker.engine;
  await worker.start({ images: { gc: { high_percent: 90, low_percent: 87 } }, resync_seconds: 1 });
  await run(1, '1');
  await run(2, '2');
  await run(3, '3');
  const others = (await runtime.localImages()).map(({ id }) => id).filter((id) => id !== first);
  expect(others).toEqual(expect.arrayContaining([second, third]));
  const [before] = await worker.containers();

  await leaveFree(SIZE * 0.095);
  await worker.logged('the disk was too full, and images that are not needed are removed');
  expect(usedPercent(await diskUsage(folder))).toBeLessThan(87);
  expect((await runtime.localImages()).map(({ id }) => id).sort()).toEqual(others.sort());
  expect(await worker.containers()).toEqual([before]);
}, 240_000);

it('the disk of the images and the socket are seen from the machine, and from inside a container of the engine', async () => {
  const { docker, host, runtime } = worker.engine;
  expect((await runtime.facts()).image_folder).toBe(join(folder, 'data'));
  const Cmd = ['/bin/busybox', 'df', '-P', '-k', '/'];
  // As if the folder of the socket had another path on the server than in the container.
  const [, socket = ''] = /^unix:\/\/(.+)/.exec(host) ?? [];
  const Binds = [`${folder}:${dirname(socket)}`];
  const container = await docker.createContainer({ Image: IMAGES[0], Cmd, HostConfig: { Binds } });
  const inside = new DockerRuntime(host, { self: container.id });
  const seen = await inside.facts();
  expect(seen.image_folder).toBe('/');
  expect(seen.sockets).toEqual([join(folder, basename(socket))]);
  expect(await runtime.facts()).not.toHaveProperty('sockets');
  inside.onApplicationShutdown();
  await container.start();
  await container.wait();
  const told = await runtime.logTail(container.id, { lines: 1, characters: 200 });
  const [, size] = told.trim().split(/ +/);
  expect(Number(size) * 1024).toBe(SIZE);
  await container.remove();

  const elsewhere = new DockerRuntime(host, { self: 'f'.repeat(64) });
  expect((await elsewhere.facts()).image_folder).toBe(join(folder, 'data'));
  elsewhere.onApplicationShutdown();
}, 120_000);

it('a disk that becomes full in the middle of a pull keeps what runs, and the message says what to do', async () => {
  await publish('1');
  const second = await publish('2');
  await worker.start();
  await run(1, '1');
  const [before] = await worker.containers();

  // Enough to begin with, too little for what the layer is when it is unpacked.
  const giveBack = await leaveFree(1_500_000);
  await worker.want(2, { docker_image: `${repository}:2` });
  const { last_error } = await worker.reported({ state: 'failed', revision: 2 }, 60_000);
  expect(last_error?.step).toBe('pull');
  const start = `the disk of the Docker Engine has no space for ${repository}:2; make some, for example with POST /prune`;
  expect(last_error?.message).toMatch(new RegExp(`^${start}.*no space left on device`));
  expect(await worker.containers()).toEqual([before]);

  await giveBack();
  await worker.reported({ state: 'converged', revision: 2 }, 60_000);
  expect(await worker.engine.runtime.imageId(`${repository}:2`)).toBe(second);
}, 240_000);
