import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PullPolicy } from '@nebula/contracts';
import { ARCHITECTURE } from '../../../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../../../tools/engine/registry.mjs';
import { pushHttpImage, pushIndex } from '../../../../tools/engine/registry-image.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerOnEngine } from './testing/worker-on-engine.js';

const LIMIT = 60_000;
const port = randomInt(28_000, 30_000);
const registry = `127.0.0.1:${port}`;
const OTHER = ARCHITECTURE === 'arm64' ? 'amd64' : 'arm64';

let worker: WorkerOnEngine;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-registry-'));
  await startRegistry({ folder, port });
  worker = await WorkerOnEngine.open();
  await worker.start();
}, 60_000);

afterAll(async () => {
  await worker.destroy();
  await stopRegistry(folder);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Ids of the images that an app's containers were made from. */
async function imagesOf(app: string): Promise<string[]> {
  const containers = await worker.containers(app);
  const { docker } = worker.engine;
  return await Promise.all(containers.map(async ({ id }) => (await docker.getContainer(id).inspect()).Image));
}

describe('of an image for several platforms', () => {
  it('the right one comes, also where the tag was pulled for another, and without it nothing is stopped', async () => {
    const image = `${registry}/many:1`;
    const own = await pushHttpImage(`${registry}/many:own`, { version: 'own' });
    const other = await pushHttpImage(`${registry}/many:other`, { version: 'other', architecture: OTHER });
    await pushIndex(image, [own, other]);
    const app_name = worker.app;
    const after = async (revision: number, platform: string | null): Promise<string[]> => {
      await worker.want(revision, { docker_image: image, platform });
      await worker.reported({ app_name, state: 'converged', revision }, LIMIT);
      return await imagesOf(app_name);
    };
    expect(await after(1, null)).toEqual([own.id]);
    // The file is for this machine whatever its image says, so it runs.
    expect(await after(2, `linux/${OTHER}`)).toEqual([other.id]);
    expect(await worker.engine.runtime.imageId(image)).toBe(other.id);
    expect(await after(3, null)).toEqual([own.id]);
    const before = await worker.containers();

    await worker.want(4, { docker_image: image, platform: 'linux/s390x' });
    const missing = await worker.reported({ app_name, state: 'failed', revision: 4 }, LIMIT);
    expect(missing.last_error).toMatchObject({ step: 'pull' });
    expect(missing.last_error?.message).toContain(`the registry ${registry} did not give ${image}: `);
    expect(missing.last_error?.message).toContain('no matching manifest for linux/s390x');
    expect(await worker.containers()).toEqual(before);

    // Without an index the registry gives what there is, and the engine makes nothing from it.
    await worker.want(5, { docker_image: `${registry}/many:own`, platform: `linux/${OTHER}` });
    const wrong = await worker.reported({ app_name, state: 'failed', revision: 5 }, LIMIT);
    expect(wrong.last_error?.message).toMatch(
      /^the registry has \S+\/many:own for linux\/\w+, not for linux\/\w+$/,
    );
    expect(await worker.containers()).toEqual(before);
  }, 200_000);
});

it('an app by a digest keeps its build whatever its tag becomes: made, repaired, restarted, changed and pruned', async () => {
  const app_name = `${worker.app}-digest`;
  const first = await pushHttpImage(`${registry}/by-digest:1`, { version: 'first' });
  const second = await pushHttpImage(`${registry}/by-digest:1`, { version: 'second' });
  const image = ({ digest }: { digest: string }) => `${registry}/by-digest@${digest}`;
  const after = async (revision: number, docker_image: string, tokens = {}): Promise<string[]> => {
    await worker.want(revision, { docker_image }, { app_name, tokens });
    await worker.reported({ app_name, state: 'converged', revision }, LIMIT);
    return await imagesOf(app_name);
  };
  expect(await after(1, image(first))).toEqual([first.id]);
  const [made] = await worker.containers(app_name);
  await worker.engine.docker.getContainer(made?.id ?? '').remove({ force: true });
  await eventually(async () => {
    const [repaired] = await worker.containers(app_name);
    expect(repaired?.running).toBe(true);
    expect(repaired?.id).not.toBe(made?.id);
  }, LIMIT);
  expect(await imagesOf(app_name)).toEqual([first.id]);
  expect(await after(2, image(first), { restart: 2 })).toEqual([first.id]);
  expect(await after(3, image(first), { restart: 2, release: 3 })).toEqual([first.id]);
  expect(await after(4, image(second), { restart: 2, release: 3 })).toEqual([second.id]);
  expect(await after(5, image(second), { restart: 2, release: 3, prune: 5 })).toEqual([second.id]);
  // Nobody needs the first one any more.
  await eventually(async () => expect(await worker.engine.runtime.imageId(image(first))).toBeNull(), LIMIT);
  expect(await worker.engine.runtime.imageId(image(second))).toBe(second.id);
}, 200_000);

/** What an app is made from: the build that was there, that of the registry, or why it is made from none. */
type Expected = 'cached' | 'registry' | RegExp;

const NOT_THERE = /is not on this server, and pull_policy is never$/;
const AWAY = /^the registry .* did not give .*connection refused/s;

const TABLE: [
  policy: PullPolicy,
  cached: boolean,
  registry: 'same' | 'moved' | 'away',
  expected: Expected,
][] = [
  ['missing', false, 'same', 'registry'],
  ['missing', true, 'same', 'cached'],
  ['missing', true, 'moved', 'cached'],
  ['always', false, 'same', 'registry'],
  ['always', true, 'same', 'registry'],
  ['always', true, 'moved', 'registry'],
  ['never', false, 'same', NOT_THERE],
  ['never', true, 'moved', 'cached'],
  ['missing', false, 'away', AWAY],
  ['missing', true, 'away', 'cached'],
  ['always', false, 'away', AWAY],
  ['always', true, 'away', AWAY],
  ['never', false, 'away', NOT_THERE],
  ['never', true, 'away', 'cached'],
];

it('each pull_policy takes what it says, whether the image is there, its tag has moved or the registry is away', async () => {
  const { runtime } = worker.engine;
  const never = new AbortController().signal;
  const cases = [];
  for (const [index, [pull_policy, cached, state, expected]] of TABLE.entries()) {
    const docker_image = `${registry}/policy-${index}:1`;
    const old = await pushHttpImage(docker_image, { version: `old ${index}` });
    if (cached) await runtime.pull(docker_image, never);
    const moved = state === 'moved' ? await pushHttpImage(docker_image, { version: `new ${index}` }) : old;
    const ids = { cached: old.id, registry: moved.id };
    cases.push({
      app_name: `${worker.app}-${index}`,
      spec: { docker_image, pull_policy },
      state,
      expected,
      ids,
    });
  }
  const seen: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const away of [false, true]) {
    if (away) await stopRegistry(folder);
    const some = cases.filter(({ state }) => (state === 'away') === away);
    for (const { app_name, spec } of some) await worker.want(1, spec, { app_name });
    for (const { app_name, spec, state, expected, ids } of some) {
      const row = `${app_name} ${spec.pull_policy} ${state}`;
      const isMade = !(expected instanceof RegExp);
      const { last_error } = await worker.reported(
        { app_name, revision: 1, state: isMade ? 'converged' : 'failed' },
        LIMIT,
      );
      seen[row] = isMade ? await imagesOf(app_name) : [last_error?.message, await imagesOf(app_name)];
      wanted[row] = isMade ? [ids[expected]] : [expect.stringMatching(expected), []];
    }
  }
  expect(seen).toEqual(wanted);
}, 200_000);
