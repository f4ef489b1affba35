import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../clock.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
});

afterEach(async () => {
  await worker.destroy();
});

/** It never gets late enough for another try. */
class StandingClock extends Clock {
  private readonly time = Date.now();

  override now(): number {
    return this.time;
  }
}

/** Names and ids, which say whether something was touched. */
function running(app = 'web'): string[] {
  return engine
    .of(app)
    .filter(({ state }) => state === 'running')
    .map(({ id, name }) => `${name} ${id}`);
}

describe('a failed pull', () => {
  it('leaves what runs alone, is reported with its step, and a fixed spec is taken at once', async () => {
    await worker.start({ clock: new StandingClock() });
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'missing:1' } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'pull', message: 'manifest for missing:1 not found' });
    expect(Date.parse(report.last_error?.retry_at ?? '')).toBeGreaterThan(
      Date.parse(report.last_error?.at ?? ''),
    );
    expect(running()).toEqual(['web-1 c1']);
    worker.receive(wanted({ revision: 3, spec: { docker_image: 'shop:2' } }));
    const fixed = await worker.reported({ state: 'converged', revision: 3 });
    expect(fixed.last_error).toBeNull();
    expect(fixed.containers.map(({ image }) => image)).toEqual(['shop:2']);
  });

  it('of a release holds up neither a repair nor a restart, and the release comes when it can', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    engine.registry.delete('shop:1');
    worker.receive(wanted({ revision: 2, tokens: { release: 2 } }));
    const report = await worker.reported({ state: 'failed', revision: 2 });
    expect(report.last_error).toMatchObject({ step: 'pull' });
    expect(running()).toEqual(['web-1 c1']);

    engine.vanish('web-1');
    await eventually(() => expect(running()).toEqual(['web-1 c2']));
    worker.receive(wanted({ revision: 3, tokens: { release: 2, restart: 3 } }));
    await eventually(() => expect(running()).toEqual(['web-1 c3']));
    await worker.reported({ state: 'failed', revision: 3 });

    engine.registry.set('shop:1', 'newer id of shop:1');
    const released = await worker.reported({ state: 'converged', revision: 3 }, 10_000);
    expect(released.containers).toMatchObject([{ name: 'web-1', image_id: 'newer id of shop:1' }]);
  });

  it('of a release is not waited for: meanwhile there are repairs and scaling, also after a further change', async () => {
    await worker.start();
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    let answer: () => void = () => undefined;
    engine.before = async ({ verb }, signal) => {
      if (verb !== 'pull') return;
      await new Promise<void>((resolve) => {
        answer = resolve;
        signal?.addEventListener('abort', () => resolve());
      });
      if (engine.registry.get('shop:1') === 'away') throw new RuntimeError('other', 'i/o timeout');
    };
    worker.receive(wanted({ revision: 2, tokens: { release: 2 } }));
    await worker.reported({ state: 'converging', revision: 2 });
    engine.vanish('web-1');
    await eventually(() => expect(running()).toEqual(['web-1 c2']));
    const spec = { containers_per: { server: 2 } };
    worker.receive(wanted({ revision: 3, tokens: { release: 2 }, spec }));
    await eventually(() => expect(running()).toEqual(['web-1 c2', 'web-2 c3']));

    engine.registry.set('shop:1', 'away');
    answer();
    await worker.reported({ state: 'failed', revision: 3 });
    worker.receive(wanted({ revision: 4, tokens: { release: 2, restart: 4 }, spec }));
    await eventually(() => expect(running()).toEqual(['web-1 c4', 'web-2 c5']));
    expect(worker.report()?.state).toBe('failed');

    engine.before = () => undefined;
    engine.registry.set('shop:1', 'newer id of shop:1');
    answer();
    const released = await worker.reported({ state: 'converged', revision: 4 }, 10_000);
    expect(released.containers.map(({ image_id }) => image_id)).toEqual(
      Array.from({ length: 2 }, () => 'newer id of shop:1'),
    );
  });

  it('is tried again by itself', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { docker_image: 'late:1' } }));
    await worker.reported({ state: 'failed' });
    engine.registry.set('late:1', 'id of late:1');
    await worker.reported({ state: 'converged' });
    expect(running()).toHaveLength(1);
  });

  it('stays one while the next try waits for an answer', async () => {
    await worker.start();
    let pulls = 0;
    engine.before = async ({ verb }, signal) => {
      if (verb !== 'pull') return;
      pulls += 1;
      if (pulls > 1) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    };
    worker.receive(wanted({ spec: { docker_image: 'missing:1' } }));
    await worker.reported({ state: 'failed' });
    await eventually(() => expect(pulls).toBe(2));
    const looks = engine.lists;
    engine.elsewhere('die');
    await eventually(() => expect(engine.lists).toBeGreaterThan(looks));
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error).toMatchObject({ step: 'pull', message: 'manifest for missing:1 not found' });
    expect(
      worker.reports.slice(worker.reports.findIndex(({ state }) => state === 'failed')),
    ).not.toContainEqual(expect.objectContaining({ state: 'converging' }));
  });
});
