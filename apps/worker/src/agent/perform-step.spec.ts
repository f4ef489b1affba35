import { expect, test } from '@jest/globals';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import type { ImagePruner } from '../images/image-pruner.js';
import type { ImagePulls } from '../images/image-pulls.js';
import { desiredApp, rightContainer } from '../reconcile/testing/builders.js';
import { performStep } from './perform-step.js';
import { MemoryEngine } from './testing/memory-engine.js';

class EngineWithGrace extends MemoryEngine {
  readonly graces: (number | undefined)[] = [];

  override async stop(id: string, graceSeconds?: number): Promise<void> {
    this.graces.push(graceSeconds);
    await super.stop(id);
  }
}

/** A container whose hook after the start fails like this. */
async function afterFailedHook(error: Error): Promise<EngineWithGrace> {
  const engine = new EngineWithGrace();
  engine.containers.set('c1', { ...rightContainer(desiredApp(), 1), scope: 'default' });
  engine.before = ({ verb }) => {
    if (verb === 'run') throw error;
  };
  const hook = { command: ['up'] };
  const target = { by: 'id', id: 'c1' } as const;
  const step = { kind: 'post-start', replica: 1, target, hook, grace_seconds: 300 } as const;
  const lane = {
    ...{ app: 'web', runtime: engine, scope: 'default', secrets: [], created: new Map<number, string>() },
    ...{ pulls: {} as ImagePulls, pruner: {} as ImagePruner, signal: new AbortController().signal },
  };
  await expect(performStep(step, lane)).rejects.toBe(error);
  return engine;
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
