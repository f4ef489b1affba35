import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
import { MovedClock } from './testing/moved-clock.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

const HOUR = 3_600_000;

let worker: WorkerUnderTest;
let engine: MemoryEngine;
let clock: MovedClock;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  clock = new MovedClock();
  await worker.start({ clock, resync_seconds: 1, report_interval_seconds: 1 });
});

afterEach(async () => {
  engine.before = () => undefined;
  await worker.destroy();
});

const images = (): string[] => engine.of('web').map(({ image }) => image);

/** Resolves in the middle of an update, one container of which is starting and has ten minutes for it. */
async function beginUpdate(): Promise<void> {
  const update = { strategy: 'rolling', min_ready_seconds: 600, health_timeout_seconds: 600 } as const;
  const spec = { containers_per: { server: 2 }, update };
  engine.onStart = (container) => {
    container.health = container.image === 'shop:1' ? 'healthy' : 'starting';
    container.created_at = container.started_at;
  };
  worker.receive(wanted({ spec }));
  await worker.reported({ state: 'converged' });
  worker.receive(wanted({ revision: 2, spec: { ...spec, docker_image: 'shop:2' } }));
  await eventually(() => expect(images()).toEqual(['shop:2', 'shop:1']));
  await worker.reported({ state: 'converging', revision: 2 });
}

const jumps = { forwards: 7 * HOUR, backwards: -7 * HOUR };

describe.each(Object.entries(jumps))('a clock that jumps %s by hours', (_direction, jump) => {
  it('touches nothing that is right, over some looks at everything', async () => {
    worker.receive(wanted({ spec: { containers_per: { server: 3 } } }));
    await worker.reported({ state: 'converged' });
    const [before, calls] = [engine.of('web'), engine.calls.length];
    clock.shift += jump;
    const lists = engine.lists;
    await eventually(() => expect(engine.lists).toBeGreaterThan(lists + 4));
    expect(engine.calls).toHaveLength(calls);
    expect(engine.of('web')).toEqual(before);
    expect(worker.report()?.state).toBe('converged');
  });

  it('delays no further try of what has failed, and makes no storm of tries', async () => {
    worker.receive(wanted({ spec: { docker_image: 'shop:9' } }));
    const pulls = (): number => engine.calls.filter(({ verb }) => verb === 'pull').length;
    await eventually(() => expect(pulls()).toBe(2));
    clock.shift += jump;
    await eventually(() => expect(pulls()).toBe(3), 4_000);
    const begin = performance.now();
    await eventually(() => expect(pulls()).toBe(4), 8_000);
    // The waits grow on as if nothing had been.
    expect(performance.now() - begin).toBeGreaterThan(1_000);
    engine.registry.set('shop:9', 'id of shop:9');
    await worker.reported({ state: 'converged' }, 12_000);
  }, 60_000);

  it('delays no repair of what is undone each time', async () => {
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    // Whatever starts is stopped before anybody can look.
    engine.before = ({ verb }) => {
      if (verb === 'start')
        setImmediate(() => engine.named('web-1')?.state === 'running' && engine.exit('web-1'));
    };
    engine.exit('web-1');
    const starts = (): number => engine.calls.filter(({ verb }) => verb === 'start').length;
    await eventually(() => expect(starts()).toBe(5));
    clock.shift += jump;
    await eventually(() => expect(starts()).toBeGreaterThan(5), 4_000);
    engine.before = () => undefined;
    // It is called well only when it has lasted for a while.
    await worker.reported({ state: 'converged' }, 25_000);
    expect(engine.named('web-1')?.state).toBe('running');
  }, 60_000);

  it('delays no heartbeat, and no report for long', async () => {
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    const [beats, reports] = [worker.heartbeats.length, worker.reports.length];
    clock.shift += jump;
    await eventually(() => expect(worker.heartbeats.length).toBeGreaterThan(beats + 1));
    expect(worker.reports.length).toBeGreaterThan(reports);
    expect(worker.reports.length).toBeLessThan(reports + 3);
  });

  it('while the worker is not there ends no update whose container is starting', async () => {
    await beginUpdate();
    await worker.close();
    worker.reports.length = 0;
    clock.shift += jump;
    await worker.start({ clock, resync_seconds: 1 });
    await worker.reported({ revision: 2 });
    const { lists } = engine;
    await eventually(() => expect(engine.lists).toBeGreaterThan(lists + 2));
    expect(images()).toEqual(['shop:2', 'shop:1']);
    expect(worker.report()).toMatchObject({ revision: 2, state: 'converging', last_error: null });
  });

  it('and back again, before and after a restart of the worker, ends no update that began between two jumps', async () => {
    clock.shift += jump;
    await beginUpdate();
    const looksOn = async (): Promise<void> => {
      const { lists } = engine;
      await eventually(() => expect(engine.lists).toBeGreaterThan(lists + 2));
      expect(images()).toEqual(['shop:2', 'shop:1']);
      expect(worker.report()).toMatchObject({ revision: 2, state: 'converging', last_error: null });
    };
    clock.shift -= jump;
    await looksOn();
    await worker.close();
    worker.reports.length = 0;
    clock.shift -= jump;
    await worker.start({ clock, resync_seconds: 1 });
    await worker.reported({ revision: 2 });
    await looksOn();
    clock.shift += 2 * jump;
    await looksOn();
    engine.becomes('web-1', 'healthy');
    engine.onStart = () => undefined;
    await eventually(() => expect(images()).toEqual(['shop:2', 'shop:2']));
  });

  it.each([
    ['is starting', 0],
    ['has ended once and is starting again', 1],
  ])('ends no update whose container %s, and calls none ready that is not', async (_how, ends) => {
    await beginUpdate();
    const container = engine.named('web-1');
    if (container) Object.assign(container, { restart_count: ends, started_at: Date.now() });
    engine.becomes('web-1', 'starting');
    const looksOn = async (): Promise<void> => {
      const { lists } = engine;
      await eventually(() => expect(engine.lists).toBeGreaterThan(lists + 2));
      expect(images()).toEqual(['shop:2', 'shop:1']);
      expect(worker.report()).toMatchObject({ state: 'converging', last_error: null });
    };
    clock.shift += jump;
    await looksOn();
    // Without a check it has to run for ten minutes.
    engine.becomes('web-1', 'none');
    await looksOn();
    engine.onStart = () => undefined;
    engine.becomes('web-1', 'healthy');
    await eventually(() => expect(images()).toEqual(['shop:2', 'shop:2']));
  });
});
