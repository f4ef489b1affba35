import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EngineUnderTest } from '../testing/engine-under-test.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

describe('networks', () => {
  it('are made once, listed, and removed', async () => {
    const { runtime, scope } = engine;
    const name = `${engine.prefix}-net`;
    await Promise.all(Array.from({ length: 5 }, () => runtime.createNetwork(name, scope)));
    expect((await runtime.networkNames()).filter((other) => other === name)).toHaveLength(1);
    expect(await runtime.ownNetworks(scope)).toEqual([name]);
    expect(await runtime.ownNetworks(`${scope}-other`)).toEqual([]);
    expect(await engine.docker.getNetwork(name).inspect()).toMatchObject({
      Driver: 'bridge',
      Internal: false,
    });

    await runtime.removeNetwork(name);
    await runtime.removeNetwork(name);
    expect(await runtime.networkNames()).not.toContain(name);
  });

  it('of somebody else are used as they are', async () => {
    const name = `${engine.prefix}-theirs`;
    await engine.docker.createNetwork({ Name: name });
    await engine.runtime.createNetwork(name, engine.scope);
    expect(await engine.runtime.ownNetworks(engine.scope)).not.toContain(name);
    await engine.runtime.removeNetwork(name);
  });

  it('that are in use stay', async () => {
    const name = `${engine.prefix}-used`;
    await engine.runtime.createNetwork(name, engine.scope);
    const id = await engine.running({ networks: [name] });
    await expect(engine.runtime.removeNetwork(name)).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('active endpoints'),
    });
    await engine.runtime.remove(id);
    await engine.runtime.removeNetwork(name);
  }, 60_000);
});
