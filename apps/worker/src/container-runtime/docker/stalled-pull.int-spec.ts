import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeHttpImage, pushImage, removeImage } from '../../../../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../../../../tools/engine/registry.mjs';
import type { PullProgress } from '../container-runtime.js';
import { RegistryCredentials } from '../registry/registry-credentials.js';
import { TEST_DOCKER_HOST } from '../testing/engine-under-test.js';
import { DockerClient } from './docker-client.js';
import { ImagePuller } from './image-pull.js';

const HOST = TEST_DOCKER_HOST;
const port = randomInt(20_000, 21_000);
const behind = `127.0.0.1:${port + 1_000}`;
const reference = `127.0.0.1:${port}/stalled:1`;

/** A layer of the image is larger, its manifest and configuration are smaller. */
const STALLS_AFTER = 200_000;

let folder: string;
let client: DockerClient;
let proxy: Server;
let stalls = true;
const sockets = new Set<Socket>();

beforeAll(async () => {
  client = new DockerClient(HOST);
  folder = await mkdtemp(join(tmpdir(), 'nebula-registry-'));
  await startRegistry({ folder, port: port + 1_000 });
  // Each connection stands still in the middle of what is large.
  proxy = createServer((socket) => {
    const registry = connect(port + 1_000, '127.0.0.1');
    let bytes = 0;
    for (const end of [socket, registry]) sockets.add(end.on('error', () => undefined));
    socket.pipe(registry);
    registry.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      socket.write(chunk);
      if (stalls && bytes > STALLS_AFTER) registry.pause();
    });
    registry.on('end', () => socket.end());
    socket.on('close', () => registry.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', resolve));
}, 60_000);

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => proxy.close(resolve));
  client.close();
  await stopRegistry(folder);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

it('a pull that stands still in the middle of a layer is given up, and works when the registry is well', async () => {
  const id = await makeHttpImage(HOST, `${behind}/stalled:1`, { version: 'stalled' });
  await pushImage(HOST, `${behind}/stalled:1`);
  await removeImage(HOST, `${behind}/stalled:1`);
  const told: PullProgress[] = [];
  const puller = new ImagePuller(client, new RegistryCredentials(), 2);
  const never = new AbortController().signal;
  await expect(
    puller.pull(reference, never, { onProgress: (progress) => told.push(progress) }),
  ).rejects.toThrow(`the pull of ${reference} from the registry 127.0.0.1:${port} made no progress for 2 s`);
  const { downloaded_bytes = 0, known_bytes = 0 } = told.at(-1) ?? {};
  expect(downloaded_bytes).toBeGreaterThan(0);
  expect(downloaded_bytes).toBeLessThan(known_bytes);
  stalls = false;
  const patient = new ImagePuller(client, new RegistryCredentials(), 20);
  // What stood still is not shared: that connection still stands.
  expect(await patient.pull(reference, never)).toBe(id);
  await removeImage(HOST, reference);
}, 60_000);
