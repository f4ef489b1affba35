import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { specOf } from '../testing/spec.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

describe('what the engine refuses', () => {
  it('says that the name is taken', async () => {
    const draft = engine.draft();
    const id = await engine.runtime.create(draft);
    await expect(engine.runtime.create(engine.draft({ name: draft.name }))).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(`"/${draft.name}" is already in use`),
    });
    const other = await engine.runtime.create(engine.draft());
    await expect(engine.runtime.rename(other, draft.name)).rejects.toMatchObject({ kind: 'conflict' });
    expect(await engine.observed(id)).toMatchObject({ name: draft.name });
  });

  it('says that the image is missing', async () => {
    await expect(
      engine.runtime.create(engine.draft({ image: `${engine.prefix}/none:1` })),
    ).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringContaining(`No such image: ${engine.prefix}/none:1`),
    });
  });

  it('says that the container is missing', async () => {
    const id = 'f'.repeat(64);
    for (const act of [
      () => engine.runtime.start(id),
      () => engine.runtime.rename(id, `${engine.prefix}-x`),
      () => engine.runtime.unpause(id),
      () => engine.runtime.setRestartPolicy(id, 'no'),
    ]) {
      await expect(act()).rejects.toMatchObject({ kind: 'missing', terminal: false });
    }
  });

  it('says that the port is taken by a container, which stays created with the reason', async () => {
    const ports = [{ host_port: engine.port(), container_port: 8080 }];
    const holder = await engine.running({ ports });
    const id = await engine.runtime.create(engine.draft({ ports }));
    await expect(engine.runtime.start(id)).rejects.toMatchObject({
      kind: 'port-taken',
      terminal: false,
      message: expect.stringContaining('port is already allocated'),
    });
    expect(await engine.observed(id)).toMatchObject({
      state: 'created',
      error: expect.stringContaining('port is already allocated'),
    });

    await engine.runtime.stop(holder);
    await engine.runtime.start(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'running', ports });
  }, 60_000);

  it('says that the port is taken by a program of the server', async () => {
    const server = createServer();
    const port = engine.port();
    await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
    try {
      const id = await engine.runtime.create(
        engine.draft({ ports: [{ host_port: port, container_port: 8080 }] }),
      );
      await expect(engine.runtime.start(id)).rejects.toMatchObject({ kind: 'port-taken' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }, 60_000);

  it('says that the command can never be run', async () => {
    const id = await engine.runtime.create(engine.draft({ spec: specOf({ command: ['/no/such/program'] }) }));
    await expect(engine.runtime.start(id)).rejects.toMatchObject({
      kind: 'invalid',
      terminal: true,
      message: expect.stringContaining('/no/such/program'),
    });
    const observed = await engine.observed(id);
    expect(observed).toMatchObject({ state: 'created', exit_code: 127 });
    expect(observed.error).toContain('/no/such/program');
  }, 60_000);

  it('says that a device is missing, which may be plugged in later', async () => {
    const id = await engine.runtime.create(
      engine.draft({ spec: specOf({ devices: ['/dev/no-such-device'] }) }),
    );
    await expect(engine.runtime.start(id)).rejects.toMatchObject({
      terminal: false,
      message: expect.stringContaining('/dev/no-such-device'),
    });
  }, 60_000);
});

describe('a container of several networks', () => {
  it('is made anew when the engine got stuck in connecting it, and only then', async () => {
    const host_port = engine.port();
    const id = await engine.running({ ports: [{ host_port, container_port: 8080 }] });
    await engine.docker.getNetwork(DEFAULT_NETWORK).disconnect({ Container: id });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(host_port, '0.0.0.0', resolve));
    await expect(engine.runtime.connect(id, DEFAULT_NETWORK)).rejects.toMatchObject({ kind: 'port-taken' });
    await new Promise((resolve) => server.close(resolve));
    // The engine says that it is in the network, but the port stays dead, and nothing but a restart helps.
    expect(await engine.observed(id)).toMatchObject({ networks: [DEFAULT_NETWORK], fingerprint: '' });
    await expect(engine.runtime.connect(id, DEFAULT_NETWORK)).rejects.toMatchObject({ name: 'RuntimeError' });

    const internal = `${engine.prefix}-internal`;
    await engine.docker.createNetwork({ Name: internal, Internal: true });
    const unpublished = await engine.running({
      networks: [internal],
      ports: [{ host_port: engine.port(), container_port: 8080 }],
    });
    expect((await engine.observed(unpublished)).fingerprint).toBe('v1:test');
    await engine.runtime.remove(unpublished);
    await engine.runtime.removeNetwork(internal);
  }, 60_000);
});

describe('an engine that is not there', () => {
  it('is unavailable for every call', async () => {
    const { runtime } = new EngineUnderTest('unix:///nowhere/docker.sock');
    for (const call of [
      () => runtime.facts(),
      () => runtime.list('default'),
      () => runtime.create(engine.draft()),
      () => runtime.start('a'),
      () => runtime.stop('a'),
      () => runtime.remove('a'),
      () => runtime.rename('a', 'b'),
      () => runtime.imageId('a:1'),
      () => runtime.pull('a:1', new AbortController().signal),
      () => runtime.createNetwork('a', 'b'),
      () => runtime.removeNetwork('a'),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'RuntimeError', kind: 'unavailable' });
    }
    expect(await runtime.problem()).toContain(
      'the Docker Engine at unix:///nowhere/docker.sock does not answer',
    );
    expect(await engine.runtime.problem()).toBeNull();
  });
});
