import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_NETWORK } from '@nebula/contracts';
import { makeHttpImageOnPodman } from '../../../../../tools/engine/images.mjs';
import { ensurePackages } from '../../../../../tools/engine/packages.mjs';
import { PODMAN_PACKAGES, startPodman, stopPodman } from '../../../../../tools/engine/podman.mjs';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { TEST_IMAGE } from '../testing/spec.js';

let folder: string;
let engine: EngineUnderTest;

beforeAll(async () => {
  await ensurePackages(PODMAN_PACKAGES, () => undefined);
  folder = await mkdtemp(join('/run', 'nebula-podman-'));
  const { host } = await startPodman(folder);
  await makeHttpImageOnPodman(host, TEST_IMAGE);
  engine = await EngineUnderTest.open(host);
}, 180_000);

afterAll(async () => {
  await engine.close();
  await stopPodman(folder);
}, 60_000);

describe('Podman in the place of a Docker Engine', () => {
  it('tells about its server, its images and its networks, and a network may be made twice', async () => {
    const { runtime, scope, prefix } = engine;
    const facts = await runtime.facts();
    expect(facts.engine_id).not.toBe('');
    expect(facts.cores).toBeGreaterThan(0);
    expect(facts.memory_bytes).toBeGreaterThan(0);
    expect(await runtime.imageId(TEST_IMAGE)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await runtime.imageId(`${prefix}/none:1`)).toBeNull();
    await runtime.createNetwork(`${prefix}-own`, scope);
    await runtime.createNetwork(`${prefix}-own`, scope);
    expect(await runtime.networkNames()).toEqual(expect.arrayContaining([DEFAULT_NETWORK, `${prefix}-own`]));
    expect(await runtime.ownNetworks(scope)).toEqual([`${prefix}-own`]);
    expect(await runtime.problem()).toBeNull();
  }, 60_000);

  it('lets a container go through its life, each act twice', async () => {
    const { runtime } = engine;
    const port = engine.port();
    const id = await runtime.create(engine.draft());
    expect(await engine.observed(id)).toMatchObject({ state: 'created', fingerprint: 'v1:test', replica: 1 });
    await runtime.start(id);
    await runtime.start(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'running', fingerprint: 'v1:test' });
    expect((await engine.observed(id)).networks).toEqual([DEFAULT_NETWORK]);
    const name = `${engine.prefix}-renamed-${port}`;
    await runtime.rename(id, name);
    await runtime.rename(id, name);
    expect(await engine.observed(id)).toMatchObject({ name });
    await runtime.stop(id);
    await runtime.stop(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'exited', fingerprint: 'v1:test' });
    await runtime.remove(id);
    await runtime.remove(id);
    expect((await runtime.list(engine.scope)).own.map((container) => container.id)).not.toContain(id);
  }, 60_000);

  it('says when something happens to a container', async () => {
    const ending = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { action } of engine.runtime.events(engine.scope, ending.signal)) seen.push(action);
    })();
    await eventually(() => expect(seen).toContain('connected'));
    const id = await engine.running();
    await engine.docker.getContainer(id).kill();
    await eventually(() => expect(seen).toEqual(expect.arrayContaining(['start', 'die'])), 20_000);
    ending.abort();
    await reading;
  }, 60_000);
});

describe('what Podman 4.3 says otherwise', () => {
  it('a name that is taken is a conflict', async () => {
    const draft = engine.draft();
    await engine.runtime.create(draft);
    await expect(engine.runtime.create(engine.draft({ name: draft.name }))).rejects.toMatchObject({
      kind: 'conflict',
    });
  });

  it('a command that can never be run is known as such', async () => {
    const { spec } = engine.draft();
    const id = await engine.runtime.create(
      engine.draft({ spec: { ...spec, command: ['/no/such/program'] } }),
    );
    await expect(engine.runtime.start(id)).rejects.toMatchObject({ kind: 'invalid', terminal: true });
  });

  it('the restart policy and the limits of a container can not be changed, which is said', async () => {
    const id = await engine.running();
    expect(await engine.runtime.facts()).toMatchObject({ can_update: false });
    await expect(engine.runtime.setRestartPolicy(id, 'no')).rejects.toMatchObject({ kind: 'unsupported' });
    await expect(engine.runtime.updateLimits(id, { pids: 5 })).rejects.toMatchObject({ kind: 'unsupported' });
    await expect(engine.runtime.setRestartPolicy('f'.repeat(64), 'no')).rejects.toMatchObject({
      kind: 'missing',
    });
    expect(await engine.observed(id)).toMatchObject({ state: 'running', restart_policy: 'always' });
  }, 60_000);

  it('a paused container is stopped all the same', async () => {
    const id = await engine.running();
    await engine.docker.getContainer(id).pause();
    await engine.runtime.stop(id);
    expect(await engine.observed(id)).toMatchObject({ state: 'exited' });
  }, 60_000);
});
