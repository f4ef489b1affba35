import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf, TEST_IMAGE } from '../testing/spec.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

describe('the life of a container', () => {
  it('goes through every act, and each act may be done twice', async () => {
    const { runtime } = engine;
    const port = engine.port();
    const id = await runtime.create(engine.draft({ ports: [{ host_port: port, container_port: 8080 }] }));
    expect(await engine.observed(id)).toMatchObject({
      state: 'created',
      restart_policy: 'always',
      error: '',
    });

    await runtime.start(id);
    await runtime.start(id);
    await eventually(async () => {
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('version 1\n');
    });
    await eventually(async () => expect(await engine.observed(id)).toMatchObject({ health: 'healthy' }));

    await runtime.setRestartPolicy(id, 'no');
    await runtime.setRestartPolicy(id, 'no');
    expect(await engine.observed(id)).toMatchObject({ state: 'running', restart_policy: 'no' });

    const begin = performance.now();
    await runtime.stop(id);
    // Its signal is heeded, so it isn't the kill after 10 s that ends it.
    expect(performance.now() - begin).toBeLessThan(5_000);
    await runtime.stop(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'exited', exit_code: 0 });

    await runtime.setRestartPolicy(id, 'always');
    expect(await engine.observed(id)).toMatchObject({ state: 'exited', restart_policy: 'always' });

    const name = `${engine.prefix}-renamed`;
    await runtime.rename(id, name);
    await runtime.rename(id, name);
    expect(await engine.observed(id)).toMatchObject({ name });

    await runtime.remove(id);
    await runtime.remove(id);
    await runtime.stop(id);
    expect((await runtime.list(engine.scope)).own.map((container) => container.id)).not.toContain(id);
  }, 60_000);

  it('can be paused by somebody else', async () => {
    const id = await engine.running();
    await engine.docker.getContainer(id).pause();
    expect(await engine.observed(id)).toMatchObject({ state: 'paused' });
    await engine.runtime.unpause(id);
    await engine.runtime.unpause(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'running' });

    await engine.docker.getContainer(id).pause();
    await engine.runtime.stop(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'exited' });
    await expect(engine.runtime.unpause(id)).rejects.toMatchObject({ name: 'RuntimeError' });
  }, 60_000);

  it('is removed while it runs, with its anonymous volumes', async () => {
    const named = `${engine.prefix}-named`;
    const container = await engine.docker.createContainer({
      Image: TEST_IMAGE,
      Volumes: { '/anonymous': {} },
      HostConfig: { Binds: [`${named}:/named`] },
      Labels: { 'of-test': engine.scope },
    });
    await container.start();
    const { Mounts } = await container.inspect();
    const anonymous = Mounts.find(({ Destination }) => Destination === '/anonymous')?.Name;
    const volumes = async () => (await engine.docker.listVolumes()).Volumes.map(({ Name }) => Name);
    expect(await volumes()).toEqual(expect.arrayContaining([anonymous, named]));

    await engine.runtime.remove(container.id);
    expect(await volumes()).not.toContain(anonymous);
    expect(await volumes()).toContain(named);
    await engine.docker.getVolume(named).remove();
  }, 60_000);

  it('may be removed by several at once', async () => {
    const id = await engine.running();
    await Promise.all(Array.from({ length: 4 }, () => engine.runtime.remove(id)));
    await expect(engine.docker.getContainer(id).inspect()).rejects.toMatchObject({ statusCode: 404 });
  }, 60_000);
});

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
  it('leaves nothing behind when it can not join one of them', async () => {
    const draft = engine.draft({ networks: [DEFAULT_NETWORK, 'host'] });
    await expect(engine.runtime.create(draft)).rejects.toMatchObject({
      name: 'RuntimeError',
      message: expect.stringContaining('host network'),
    });
    const { own, foreign_names } = await engine.runtime.list(engine.scope);
    expect([...own.map(({ name }) => name), ...foreign_names]).not.toContain(draft.name);
  });

  it('can not be started while one of them is missing', async () => {
    const network = `${engine.prefix}-third`;
    const id = await engine.runtime.create(engine.draft({ networks: [DEFAULT_NETWORK, network] }));
    await expect(engine.runtime.start(id)).rejects.toMatchObject({
      kind: 'missing',
      message: expect.stringContaining(network),
    });
    await engine.runtime.createNetwork(network, engine.scope);
    await engine.runtime.start(id);
    const { NetworkSettings } = await engine.docker.getContainer(id).inspect();
    expect(Object.keys(NetworkSettings.Networks).sort()).toEqual([DEFAULT_NETWORK, network].sort());
  }, 60_000);

  it('that was taken out of them is put back, whether it runs or not, and its port answers', async () => {
    const network = `${engine.prefix}-second`;
    await engine.runtime.createNetwork(network, engine.scope);
    const host_port = engine.port();
    const networks = [DEFAULT_NETWORK, network];
    const id = await engine.runtime.create(
      engine.draft({ networks, ports: [{ host_port, container_port: 8080 }] }),
    );
    const leave = async (names: string[]): Promise<void> => {
      for (const name of names) await engine.docker.getNetwork(name).disconnect({ Container: id });
    };
    const joined = async (): Promise<string[]> => (await engine.observed(id)).networks.toSorted();
    await leave(networks);
    expect(await joined()).toEqual([]);
    for (const name of networks) await engine.runtime.connect(id, name);
    await engine.runtime.start(id);
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${host_port}/`)).status).toBe(200));

    const { NetworkSettings: before } = await engine.docker.getContainer(id).inspect();
    await leave(networks);
    expect(await engine.observed(id)).toMatchObject({
      state: 'running',
      networks: [],
      fingerprint: 'v1:test',
    });
    // The second time it is there already.
    for (const name of [...networks, network]) await engine.runtime.connect(id, name);
    expect(await joined()).toEqual(networks.toSorted());
    expect((await fetch(`http://127.0.0.1:${host_port}/`)).status).toBe(200);
    const { NetworkSettings: after } = await engine.docker.getContainer(id).inspect();
    for (const name of networks) {
      expect(after.Networks[name]?.Aliases).toEqual(before.Networks[name]?.Aliases);
    }
  }, 60_000);

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
