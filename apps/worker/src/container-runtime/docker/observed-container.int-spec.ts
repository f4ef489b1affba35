import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EngineUnderTest } from '../testing/engine-under-test.js';
import { eventually } from '../testing/eventually.js';
import { specOf } from '../testing/spec.js';

let engine: EngineUnderTest;

beforeAll(async () => {
  engine = await EngineUnderTest.open();
}, 60_000);

afterAll(async () => {
  await engine.close();
}, 60_000);

describe('the list of containers', () => {
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
      can_check: true,
      is_podman: false,
      platform: expect.stringMatching(/^linux\/[a-z0-9]+$/),
      image_folder: info.DockerRootDir,
    });
  });
});
