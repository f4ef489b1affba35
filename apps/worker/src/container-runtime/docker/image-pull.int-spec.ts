import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeHttpImage, pushImage, removeImage, tagImage } from '../../../../../tools/engine/images.mjs';
import { startRegistry, stopRegistry } from '../../../../../tools/engine/registry.mjs';
import { EngineUnderTest, TEST_DOCKER_HOST } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { TEST_IMAGE } from '../testing/spec.js';
import { DockerClient } from './docker-client.js';
import { RegistryCredentials } from '../registry/registry-credentials.js';
import { ImagePuller } from './image-pull.js';

const HOST = TEST_DOCKER_HOST;
const port = randomInt(26_000, 28_000);
const registry = `127.0.0.1:${port}`;
const never = new AbortController().signal;

let engine: EngineUnderTest;
let folder: string;

/** Pushes an image under a name of the registry, and forgets it locally. Answers its id. */
async function inRegistry(name: string, version: string): Promise<string> {
  const reference = `${registry}/${name}`;
  const id = await makeHttpImage(HOST, reference, { version });
  await pushImage(HOST, reference);
  await removeImage(HOST, reference);
  return id;
}

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  folder = await mkdtemp(join(tmpdir(), 'nebula-registry-'));
  await startRegistry({ folder, port });
}, 60_000);

afterAll(async () => {
  await engine.close();
  await stopRegistry(folder);
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('a pull', () => {
  it('brings an image and answers its id, also when it is there already', async () => {
    const id = await inRegistry('shop:1', '1');
    const reference = `${registry}/shop:1`;
    expect(await engine.runtime.imageId(reference)).toBeNull();
    expect(await engine.runtime.pull(reference, never)).toBe(id);
    expect(await engine.runtime.imageId(reference)).toBe(id);
    expect(await engine.runtime.imageId(id)).toBe(id);
    expect(await engine.runtime.pull(reference, never)).toBe(id);
    await removeImage(HOST, reference);
  }, 60_000);

  it('brings the new build of a tag that has moved', async () => {
    const old = await inRegistry('moved:1', 'old');
    const reference = `${registry}/moved:1`;
    expect(await engine.runtime.pull(reference, never)).toBe(old);
    const id = await inRegistry('moved:1', 'new');
    expect(await engine.runtime.pull(reference, never)).toBe(id);
    expect(id).not.toBe(old);
    await removeImage(HOST, reference);
    await removeImage(HOST, old);
  }, 60_000);

  it('without a tag brings `latest` alone', async () => {
    const latest = await inRegistry('many:latest', 'latest');
    await inRegistry('many:other', 'other');
    expect(await engine.runtime.pull(`${registry}/many`, never)).toBe(latest);
    expect(await engine.runtime.imageId(`${registry}/many`)).toBe(latest);
    expect(await engine.runtime.imageId(`${registry}/many:other`)).toBeNull();
    await removeImage(HOST, `${registry}/many:latest`);
  }, 60_000);

  it('by digest brings that build', async () => {
    const id = await inRegistry('exact:1', 'exact');
    const head = await fetch(`http://${registry}/v2/exact/manifests/1`, {
      method: 'HEAD',
      headers: { accept: 'application/vnd.docker.distribution.manifest.v2+json' },
    });
    await inRegistry('exact:1', 'later');
    const reference = `${registry}/exact@${head.headers.get('docker-content-digest')}`;
    expect(await engine.runtime.pull(reference, never)).toBe(id);
    expect(await engine.runtime.imageId(reference)).toBe(id);
    await removeImage(HOST, id);
  }, 60_000);

  it.each(['nobody/has-this:1', 'shop:no-such-tag'])('of %s says that it is missing', async (name) => {
    await expect(engine.runtime.pull(`${registry}/${name}`, never)).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringContaining(name.split(':')[0] ?? ''),
    });
  });

  it('fails while the registry is away, and works when it is back', async () => {
    const id = await inRegistry('back:1', 'back');
    const reference = `${registry}/back:1`;
    await stopRegistry(folder);
    await expect(engine.runtime.pull(reference, never)).rejects.toMatchObject({
      kind: 'other',
      terminal: false,
      message: expect.stringContaining('connection refused'),
    });
    await startRegistry({ folder, port });
    expect(await engine.runtime.pull(reference, never)).toBe(id);
    await removeImage(HOST, reference);
  }, 60_000);

  it('fails when the registry fails after the first progress, though an older build is there', async () => {
    const old = await inRegistry('broken:1', 'old');
    const reference = `${registry}/broken:1`;
    expect(await engine.runtime.pull(reference, never)).toBe(old);
    await makeHttpImage(HOST, `${registry}/broken:new`, { version: 'new' });
    await tagImage(HOST, `${registry}/broken:new`, `${registry}/later:1`);
    await pushImage(HOST, `${registry}/later:1`);
    await removeImage(HOST, `${registry}/later:1`);
    await removeImage(HOST, `${registry}/broken:new`);
    await tagImage(HOST, old, `${registry}/later:1`);
    // The manifest is there, what it names is not.
    await rm(join(folder, 'storage', 'docker', 'registry', 'v2', 'repositories', 'later', '_layers'), {
      recursive: true,
    });
    await expect(engine.runtime.pull(`${registry}/later:1`, never)).rejects.toMatchObject({
      name: 'RuntimeError',
      terminal: false,
    });
    expect(await engine.runtime.imageId(`${registry}/later:1`)).toBe(old);
    await removeImage(HOST, old);
  }, 60_000);

  it('of a reference that is none says so', async () => {
    await expect(engine.runtime.pull(`${registry}/UPPER:1`, never)).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});

describe('a registry that never answers', () => {
  let server: Server;
  let silent: string;
  let asked = 0;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/v2/') response.end('{}');
      else asked += 1;
    });
    const at = randomInt(28_000, 30_000);
    await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
    silent = `127.0.0.1:${at}/silent:1`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('does not keep a pull from being ended', async () => {
    const ending = new AbortController();
    const pull = engine.runtime.pull(silent, ending.signal);
    const failure = expect(pull).rejects.toMatchObject({
      name: 'RuntimeError',
      message: `the pull of ${silent} was ended`,
    });
    await eventually(() => expect(asked).toBeGreaterThan(0));
    ending.abort();
    await failure;
    await expect(engine.runtime.pull(silent, ending.signal)).rejects.toThrow('was ended');
  }, 60_000);

  it('is given up when there is no progress', async () => {
    const client = new DockerClient(HOST);
    const puller = new ImagePuller(client, new RegistryCredentials(), 1);
    await expect(puller.pull(silent, never)).rejects.toMatchObject({
      kind: 'other',
      message: `the pull of ${silent} from the registry ${silent.replace('/silent:1', '')} made no progress for 1 s`,
    });
    client.close();
  }, 60_000);
});

describe('the id of an image', () => {
  it('is the same for every name of it', async () => {
    const name = `${engine.prefix}/other:1`;
    await tagImage(HOST, TEST_IMAGE, name);
    expect(await engine.runtime.imageId(name)).toBe(await engine.runtime.imageId(TEST_IMAGE));
    await removeImage(HOST, name);
    expect(await engine.runtime.imageId(name)).toBeNull();
  });
});
