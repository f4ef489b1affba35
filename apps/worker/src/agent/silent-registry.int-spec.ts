import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

/** What doesn't wait for the registry is done within this, milliseconds. */
const AT_ONCE_MS = 20_000;

let worker: WorkerOnEngine;
/** Says that it is there, and nothing else, for which Docker waits as long as the worker does: minutes. */
let registry: Server;
/** Resolves when it is asked for an image. */
let asked: Promise<void>;

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
  registry = createServer();
  asked = new Promise((resolve) => {
    registry.on('request', ({ url }, answer) => {
      if (url === '/v2/') answer.end();
      else resolve();
    });
  });
  await new Promise<void>((resolve) => registry.listen(worker.engine.port(), '127.0.0.1', resolve));
}, 60_000);

afterEach(async () => {
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
  await worker.destroy();
}, 60_000);

it('a release from a registry that says nothing holds up neither a repair nor scaling', async () => {
  const { docker } = worker.engine;
  const address = registry.address();
  const repo = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}/quiet`;
  await docker.getImage(IMAGES[0]).tag({ repo, tag: '1' });
  const docker_image = `${repo}:1`;
  try {
    await worker.want(1, { docker_image });
    await worker.reported({ state: 'converged' });
    const [before] = await worker.containers();
    await worker.want(2, { docker_image }, { tokens: { release: 2 } });
    await asked;
    await docker.getContainer(before?.id ?? '').remove({ force: true });
    const running = async (): Promise<string[]> =>
      (await worker.containers()).filter((seen) => seen.running).map(({ name }) => name);
    await eventually(async () => expect(await running()).toEqual([`${worker.app}-1`]), AT_ONCE_MS);
    const two = { docker_image, containers_per: { server: 2 } };
    await worker.want(3, two, { tokens: { release: 2 } });
    await eventually(async () => expect(await running()).toHaveLength(2), AT_ONCE_MS);
    // The pull goes on: nothing of this has waited for its end.
    expect(worker.log.text).not.toContain(`failed: pull ${docker_image}`);
    expect(worker.report()?.state).not.toBe('converged');
  } finally {
    await docker.getImage(docker_image).remove({ force: true });
  }
}, 120_000);
