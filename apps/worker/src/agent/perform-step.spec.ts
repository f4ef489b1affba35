import { describe, expect, test } from '@jest/globals';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import type { ImagePruner } from '../images/image-pruner.js';
import type { ImagePulls } from '../images/image-pulls.js';
import { missingConnections } from '../reconcile/container-steps.js';
import { desiredApp, rightContainer, specOf } from '../reconcile/testing/builders.js';
import { type LaneContext, performStep } from './perform-step.js';
import { MemoryEngine } from './testing/memory-engine.js';

class EngineWithGrace extends MemoryEngine {
  readonly graces: (number | undefined)[] = [];

  override async stop(id: string, graceSeconds?: number): Promise<void> {
    this.graces.push(graceSeconds);
    await super.stop(id);
  }
}

/** A container whose hook after the start fails like this. */
async function afterFailedHook(error: Error, isLast = false): Promise<EngineWithGrace> {
  const engine = new EngineWithGrace();
  engine.containers.set('c1', { ...rightContainer(desiredApp(), 1), scope: 'default' });
  engine.before = ({ verb }) => {
    if (verb === 'run') throw error;
  };
  const hook = { command: ['up'] };
  const target = { by: 'id', id: 'c1' } as const;
  const step = { kind: 'post-start', replica: 1, target, hook, grace_seconds: 300 } as const;
  await expect(performStep(step, laneOn(engine, isLast))).rejects.toThrow(error.message);
  return engine;
}

function laneOn(runtime: MemoryEngine, isLast = false): LaneContext {
  return {
    ...{ app: 'web', runtime, scope: 'default', secrets: [], created: new Map<number, string>() },
    isLast,
    ...{ pulls: {} as ImagePulls, pruner: {} as ImagePruner, signal: new AbortController().signal },
  };
}

test('a container whose hook has failed is stopped within its own grace period', async () => {
  const engine = await afterFailedHook(new RuntimeError('other', 'exit code 1'));
  expect(engine.graces).toEqual([300]);
  expect(engine.named('web-1')?.state).toBe('exited');
});

test('a container goes on when nobody knows whether its hook has failed', async () => {
  const engine = await afterFailedHook(new RuntimeError('unavailable', 'read ECONNRESET'));
  expect(engine.graces).toEqual([]);
  expect(engine.named('web-1')?.state).toBe('running');
});

test('a container whose hook is not tried again is stopped, though nobody knows whether it has failed', async () => {
  const engine = await afterFailedHook(new RuntimeError('unavailable', 'read ECONNRESET'), true);
  expect(engine.graces).toEqual([300]);
  expect(engine.named('web-1')?.state).toBe('exited');
});

describe('a container that is taken out of its only network for a name in it', () => {
  const named = desiredApp({ networks: [{ name: 'nebula', aliases: ['shop'] }] });
  const refusal = new RuntimeError('conflict', 'no available IPv4 addresses');

  /** What becomes of it when the engine refuses the connections of these numbers, and how many it was asked for. */
  async function renamed(refused: readonly number[], error = refusal) {
    const engine = new MemoryEngine();
    engine.networks.set('nebula', 'default');
    const old = rightContainer(named, 1, { networks: ['nebula'], aliases: {} });
    engine.containers.set(old.id, { ...old, scope: 'default' });
    let asked = 0;
    engine.before = ({ verb }) => {
      if (verb === 'connect' && refused.includes((asked += 1))) throw error;
    };
    let failure: unknown = null;
    for (const step of missingConnections(old, specOf(named)).flat()) {
      failure = await performStep(step, laneOn(engine)).then(
        () => null,
        (thrown: unknown) => thrown,
      );
    }
    const { networks, aliases } = engine.named('web-1') ?? {};
    return { networks, names: aliases?.['nebula'], asked, failure };
  }

  test('is put back at once when the engine refuses that once', async () => {
    expect(await renamed([1])).toEqual({ networks: ['nebula'], names: ['shop'], asked: 2, failure: null });
  });

  test('is put back as it was when the engine refuses the name, which is a failure', async () => {
    expect(await renamed([1, 2])).toEqual({ networks: ['nebula'], names: [], asked: 3, failure: refusal });
  });

  test('fails for the first reason when the engine refuses all of it', async () => {
    expect(await renamed([1, 2, 3])).toMatchObject({ networks: [], asked: 3, failure: refusal });
  });

  test('waits for an engine that is away', async () => {
    const away = new RuntimeError('unavailable', 'read ECONNRESET');
    expect(await renamed([1], away)).toMatchObject({ networks: [], asked: 1, failure: away });
  });
});
