import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { makeHttpImage, pushImage, removeImage } from '../../../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../../../tools/engine/registry.mjs';
import { WorkerOnEngine } from '../agent/testing/worker-on-engine.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { TEST_DOCKER_HOST } from '../container-runtime/testing/engine-under-test.js';

const HOST = TEST_DOCKER_HOST;
const port = randomInt(29_000, 30_000);
const repository = `127.0.0.1:${port}/shop`;

let folder: string;
let worker: WorkerOnEngine;

/** Puts a build into the registry alone. Answers its id. */
async function publish(tag: string, version: string): Promise<string> {
  const reference = `${repository}:${tag}`;
  const id = await makeHttpImage(HOST, reference, { version });
  await pushImage(HOST, reference);
  await removeImage(HOST, reference);
  return id;
}

async function run(revision: number, tag: string, given: Parameters<WorkerOnEngine['want']>[2] = {}) {
  await worker.want(revision, { docker_image: `${repository}:${tag}` }, given);
  return await worker.reported({ state: 'converged', revision }, 60_000);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-registry-'));
  await startRegistry({ folder, port });
}, 60_000);

afterAll(async () => {
  await stopRegistry(folder);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
}, 60_000);

afterEach(async () => {
  await worker.destroy();
  for (const tag of ['1', '2', 'moving']) await removeImage(HOST, `${repository}:${tag}`);
}, 60_000);

it('a prune removes what was pulled and is not needed, and nothing of the user', async () => {
  const { runtime, docker } = worker.engine;
  const version = worker.app;
  const old = await publish('1', `${version}-old`);
  const current = await publish('2', `${version}-current`);
  const tagged = await publish('moving', `${version}-tagged`);
  await run(1, 'moving');
  await docker.getImage(tagged).tag({ repo: `${version}/mine`, tag: '1' });
  await run(2, '1');
  await run(3, '2');
  const [before] = await worker.containers();
  // Of the user: a container that has ended, and a volume that nobody uses.
  const ended = await worker.engine.foreign(`${version}-ended`);
  await docker.getContainer(ended).stop();
  await docker.createVolume({ Name: `${version}-kept` });
  const others = (await runtime.localImages()).map(({ id }) => id).filter((id) => id !== old);
  await run(4, '2', { tokens: { prune: 4 } });
  expect(await runtime.imageId(old)).toBeNull();
  expect(await runtime.imageId(current)).toBe(current);
  expect((await runtime.localImages()).map(({ id }) => id)).toEqual(expect.arrayContaining(others));
  expect(await runtime.imageId(`${version}/mine:1`)).toBe(tagged);
  expect(await worker.containers()).toEqual([before]);
  expect((await docker.getContainer(ended).inspect()).State.Status).toBe('exited');
  await docker.getVolume(`${version}-kept`).remove();
  await removeImage(HOST, `${version}/mine:1`);
}, 120_000);

it('a tag that moves in the registry changes nothing until a release, and the build before goes with a prune', async () => {
  const { runtime } = worker.engine;
  const old = await publish('moving', `${worker.app}-old`);
  await run(1, 'moving');
  const moved = await publish('moving', `${worker.app}-new`);
  const two = { docker_image: `${repository}:moving`, containers_per: { server: 2 } };
  await worker.want(2, two);
  const scaled = await worker.reported({ state: 'converged', revision: 2 }, 60_000);
  expect(scaled.containers.map(({ image_id }) => image_id)).toEqual([old, old]);
  // Somebody pulls it by hand, so that the tag has moved on this server, too.
  await runtime.pull(two.docker_image, new AbortController().signal);
  expect(await runtime.imageId(two.docker_image)).toBe(moved);
  const [first] = await worker.containers();
  await worker.engine.docker.getContainer(first?.id ?? '').remove({ force: true });
  await eventually(async () => {
    const now = await worker.containers();
    expect(now.map(({ name, running }) => [name, running])).toEqual(
      [1, 2].map((n) => [`${worker.app}-${n}`, true]),
    );
    expect(now[0]?.id).not.toBe(first?.id);
    const { Image } = await worker.engine.docker.getContainer(now[0]?.id ?? '').inspect();
    expect(Image).toBe(old);
  });
  await worker.want(3, two, { tokens: { release: 3 } });
  const released = await worker.reported({ state: 'converged', revision: 3 }, 60_000);
  expect(released.containers.map(({ image_id }) => image_id)).toEqual([moved, moved]);
  await worker.want(4, two, { tokens: { release: 3, prune: 4 } });
  await worker.reported({ state: 'converged', revision: 4 }, 60_000);
  expect(await runtime.imageId(old)).toBeNull();
  expect(await runtime.imageId(moved)).toBe(moved);
}, 120_000);

it('a prune of an app that is forbidden here removes what has ended of it, and nothing that runs or is not ours', async () => {
  await worker.close();
  worker.forgetReports();
  await worker.start({ worker_policy: { privileged: false } });
  const { docker, runtime } = worker.engine;
  const update = { min_ready_seconds: 0 };
  await worker.want(1, { update });
  // The worker knows a version now that it comes back to.
  await eventually(
    () => expect(worker.report()).toMatchObject({ update: { state: 'done', ready: 1 } }),
    60_000,
  );
  const before = await worker.containers();
  await worker.want(2, { update, privileged: true });
  await worker.reported({ state: 'failed', revision: 2 });

  const left = worker.engine.draft({ name: `${worker.app}-7`, replica: 7 });
  const ours = await worker.engine.running({ ...left, spec: { ...left.spec, app_name: worker.app } });
  const foreign = await worker.engine.foreign(`${worker.app}-foreign`);
  for (const id of [ours, foreign]) await runtime.stop(id);
  expect((await worker.containers()).map(({ id }) => id)).toContain(ours);
  await worker.want(3, { update, privileged: true }, { tokens: { prune: 3 } });
  await eventually(async () => expect(await worker.containers()).toEqual(before), 60_000);
  expect((await docker.getContainer(foreign).inspect()).State.Status).toBe('exited');
  await worker.reported({ state: 'failed', revision: 3 });
}, 120_000);
