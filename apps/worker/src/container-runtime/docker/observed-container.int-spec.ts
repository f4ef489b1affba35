import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK, LABELS } from '@nebula/contracts';
import { NO_LIMITS } from '../../reconcile/limits.js';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf, TEST_IMAGE } from '../testing/spec.js';

let engine: EngineUnderTest;
let other: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
  other = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
  await other.close();
}, 60_000);

describe('the list of containers', () => {
  it('describes a container of ours', async () => {
    const before = Date.now();
    const ports = [
      { host_port: engine.port(), container_port: 8080 },
      { host_port: engine.port(), container_port: 443 },
    ];
    const draft = engine.draft({
      replica: 12,
      fingerprint: 'v1:abc',
      ports,
      spec: specOf({ app_name: 'a.b' }),
    });
    const id = await engine.runtime.create(draft);
    await engine.runtime.start(id);
    const observed = await engine.observed(id);
    expect(observed).toEqual({
      id,
      name: draft.name,
      app_name: 'a.b',
      replica: 12,
      fingerprint: 'v1:abc',
      state: 'running',
      health: expect.stringMatching(/^(starting|healthy)$/),
      image: TEST_IMAGE,
      image_id: await engine.runtime.imageId(TEST_IMAGE),
      ports,
      networks: [DEFAULT_NETWORK],
      network_mode: DEFAULT_NETWORK,
      restart_count: 0,
      restart_policy: 'always',
      limits: NO_LIMITS,
      stop_grace_seconds: 10,
      hooks: {},
      exit_code: 0,
      error: '',
      created_at: expect.any(Number),
      started_at: expect.any(Number),
    });
    expect(Math.abs(observed.created_at - before)).toBeLessThan(60_000);
    await engine.runtime.remove(id);
  }, 60_000);

  it('says what the health check says, also when the container ends', async () => {
    const id = await engine.running();
    await eventually(async () => expect((await engine.observed(id)).health).toBe('healthy'));
    await engine.inside(id, 'touch', '/sick');
    await eventually(async () => expect((await engine.observed(id)).health).toBe('unhealthy'));
  }, 60_000);

  it('counts restarts, and knows how the last run ended', async () => {
    const id = await engine.running({ spec: specOf({ command: ['sh', '-c', 'exit 3'] }) });
    await eventually(async () => {
      const { restart_count, exit_code } = await engine.observed(id);
      expect(restart_count).toBeGreaterThan(1);
      expect(exit_code).toBe(3);
    });
    await engine.runtime.stop(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'exited', exit_code: 3 });
  }, 60_000);

  it('has only the names of containers that are not ours', async () => {
    const own = await engine.running();
    const others = await other.running();
    const unlabelled = `${engine.prefix}-unlabelled`;
    await engine.foreign(unlabelled, { app_name: 'shop', [LABELS.app]: 'shop' });
    const scopeAlone = `${engine.prefix}-scope-alone`;
    await engine.foreign(scopeAlone, { [LABELS.scope]: engine.scope });

    const listing = await engine.runtime.list(engine.scope);
    const ids = listing.own.map(({ id }) => id);
    expect(ids).toContain(own);
    expect(ids).not.toContain(others);
    expect(listing.foreign_names).toEqual(
      expect.arrayContaining([unlabelled, scopeAlone, (await other.observed(others)).name]),
    );
    expect(listing.foreign_names).not.toContain((await engine.observed(own)).name);
  }, 60_000);

  it('of one app has the names of the others', async () => {
    const shop = await engine.runtime.create(engine.draft());
    const bank = await engine.runtime.create(engine.draft({ spec: specOf({ app_name: 'bank' }) }));
    const { own, foreign_names } = await engine.runtime.list(engine.scope, 'bank');
    expect(own.map(({ id }) => id)).toEqual([bank]);
    expect(foreign_names).toContain((await engine.observed(shop)).name);
  });

  it('has the host ports that others publish, while they run', async () => {
    const [port, single, stopped] = [engine.port(), engine.port(), engine.port()];
    const create = async (name: string, HostIp: string, host_port: number): Promise<string> => {
      const { id } = await engine.docker.createContainer({
        name,
        Image: TEST_IMAGE,
        Labels: { 'of-test': engine.scope },
        HostConfig: { PortBindings: { '8080/tcp': [{ HostIp, HostPort: String(host_port) }] } },
      });
      await engine.runtime.start(id);
      return id;
    };
    const name = `${engine.prefix}-holder`;
    await create(name, '', port);
    await create(`${engine.prefix}-single`, '127.0.0.1', single);
    await engine.runtime.stop(await create(`${engine.prefix}-stopped`, '', stopped));
    const own = engine.port();
    await engine.running({ ports: [{ host_port: own, container_port: 8080 }] });
    const { foreign_ports } = await engine.runtime.list(engine.scope);
    const mine = [port, single, stopped, own];
    const found = foreign_ports.filter(({ host_port }) => mine.includes(host_port));
    expect(found.toSorted((a, b) => a.host_port - b.host_port)).toEqual([
      { host_port: port, by: name },
      { host_port: single, host_address: '127.0.0.1', by: `${engine.prefix}-single` },
    ]);
  }, 60_000);

  it('takes labels that somebody has written as they are', async () => {
    const labels = { [LABELS.scope]: engine.scope, [LABELS.app]: 'shop' };
    const id = await engine.foreign(`${engine.prefix}-odd`, { ...labels, [LABELS.replica]: '-1' });
    expect(await engine.observed(id)).toMatchObject({ replica: 0, fingerprint: '', restart_policy: 'no' });
  }, 60_000);

  it('leaves out what vanishes meanwhile', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => engine.runtime.create(engine.draft())));
    const removals = Promise.all(ids.map((id) => engine.runtime.remove(id)));
    let gone = false;
    void removals.then(() => {
      gone = true;
    });
    while (!gone) await engine.runtime.list(engine.scope);
    await removals;
    const { own } = await engine.runtime.list(engine.scope);
    for (const id of ids) expect(own.map((container) => container.id)).not.toContain(id);
  }, 60_000);
});

describe('the facts of the engine', () => {
  it('are those of its server', async () => {
    const facts = await engine.runtime.facts();
    const info = (await engine.docker.info()) as {
      NCPU: number;
      MemTotal: number;
      ID: string;
      SwapLimit: boolean;
      DockerRootDir: string;
    };
    expect(facts).toEqual({
      engine_id: info.ID,
      hostname: expect.stringMatching(/./),
      engine_version: expect.stringMatching(/^\d+\./),
      architecture: expect.stringMatching(/./),
      cores: info.NCPU,
      memory_bytes: info.MemTotal,
      swap_limit: info.SwapLimit,
      can_update: true,
      platform: expect.stringMatching(/^linux\/[a-z0-9]+$/),
      image_folder: info.DockerRootDir,
    });
  });
});
