import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killEngine, startEngine, stopEngine } from '../../tools/engine/engine.mjs';
import { makeHttpImage } from '../../tools/engine/images.mjs';
import { buildNebulaImage } from '../../tools/services/nebula-images.mjs';
import { REPOSITORY } from '../testing/clone.js';
import { EngineView, type SeenContainer } from '../testing/engine-view.js';
import { eventually } from '../testing/eventually.js';
import { keepDesiredState } from '../testing/kept-desired-state.js';

const BUILDER = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';
const APP = 'survivor';
const IMAGE = 'nebula-survivor:1';
const LIMIT = 120_000;
const BUILD_LIMIT = 1_200_000;

let folder: string;
let stateDir: string;
let host: string;
let engine: EngineView;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-engine-'));
  stateDir = await mkdtemp(join(tmpdir(), 'nebula-in-container-'));
  ({ host } = await startEngine({ folder }));
  engine = new EngineView(host);
  await makeHttpImage(host, IMAGE);
  const image = await buildNebulaImage(BUILDER, 'worker');
  const loading = await engine.docker.loadImage(await new EngineView(BUILDER).docker.getImage(image).get());
  await new Promise((resolve, reject) => loading.on('end', resolve).on('error', reject).resume());
  await keepDesiredState(stateDir, 1, {
    ...{ app_name: APP, docker_image: IMAGE, containers_per: { server: 2 } },
  });
  const worker = await engine.docker.createContainer({
    ...{ name: 'worker', Image: image, Labels: { 'of-test': 'worker' } },
    Env: [
      ...[`APP_NAME=${APP}`, 'WORKER_PORT=0'],
      ...['RABBIT_HOST=127.0.0.1:1', 'RABBIT_USER=nobody', 'RABBIT_PASSWORD=nothing'],
    ],
    HostConfig: {
      Binds: [`${new URL(host).pathname}:/var/run/docker.sock`, `${stateDir}:/state`],
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      RestartPolicy: { Name: await composePolicy() },
    },
  });
  await worker.start();
}, BUILD_LIMIT);

afterAll(async () => {
  await stopEngine(folder);
  for (const path of [folder, stateDir]) await rm(path, { recursive: true, force: true });
}, LIMIT);

/** The restart policy that the worker of another server has with Docker Compose. */
async function composePolicy(): Promise<string> {
  const text = await readFile(join(REPOSITORY, 'deploy', 'compose', 'compose.worker.yaml'), 'utf8');
  return /^ {4}restart: (.*)$/m.exec(text)?.[1] ?? '';
}

const containers = async (): Promise<SeenContainer[]> => await engine.containers(`nebula.app=${APP}`);

async function serving(): Promise<SeenContainer[]> {
  await eventually(async () => {
    expect((await containers()).map(({ name, running }) => [name, running])).toEqual([
      [`${APP}-1`, true],
      [`${APP}-2`, true],
    ]);
  }, LIMIT);
  return await containers();
}

it(
  'an engine that is killed with the worker on it brings back the app and the worker, which works on by itself',
  async () => {
    const before = await serving();
    await killEngine(folder);
    await startEngine({ folder });
    const after = await serving();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));

    await eventually(async () => {
      expect(await engine.containers('of-test=worker')).toMatchObject([{ name: 'worker', running: true }]);
    }, LIMIT);
    const [right, removed] = after;
    await engine.docker.getContainer(removed?.id ?? '').remove({ force: true });
    const [first, second] = await serving();
    expect(first).toEqual(right);
    expect(second?.id).not.toBe(removed?.id);
  },
  2 * LIMIT,
);
