import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

let worker: WorkerOnEngine;
/** Takes connections and says nothing. */
let registry: Server;
const sockets = new Set<Socket>();

beforeEach(async () => {
  worker = await WorkerOnEngine.open();
  await worker.start();
  registry = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => registry.listen(worker.engine.port(), '127.0.0.1', resolve));
}, 60_000);

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
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
    const asked = once(registry, 'connection');
    await worker.want(2, { docker_image }, { tokens: { release: 2 } });
    await asked;
    await docker.getContainer(before?.id ?? '').remove({ force: true });
    const running = async (): Promise<string[]> =>
      (await worker.containers()).filter((seen) => seen.running).map(({ name }) => name);
    await eventually(async () => expect(await running()).toEqual([`${worker.app}-1`]), 5_000);
    const two = { docker_image, containers_per: { server: 2 } };
    await worker.want(3, two, { tokens: { release: 2 } });
    await eventually(async () => expect(await running()).toHaveLength(2), 5_000);
    expect(worker.report()?.state).not.toBe('converged');
  } finally {
    await docker.getImage(docker_image).remove({ force: true });
  }
}, 60_000);
