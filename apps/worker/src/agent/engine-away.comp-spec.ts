import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerReadiness } from '../worker-readiness.js';
import { engineBackoff } from './engine-backoff.js';
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

it('an engine that goes away is reported, blamed on no app, and its return wakes all at once', async () => {
  await worker.start();
  worker.receive(wanted({ spec: { update: { min_ready_seconds: 0 } } }));
  // From then on it waits for nothing.
  await eventually(() =>
    expect(worker.report()).toMatchObject({ state: 'converged', update: { state: 'done' } }),
  );
  engine.leave();
  const report = await worker.reported({ state: 'failed', revision: 1 });
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
  await worker.reported({ state: 'failed', revision: 2 });
  expect(report.last_error).toMatchObject({ step: 'observe', message: 'the engine does not answer' });
  expect(report.last_error?.retry_at).not.toBeNull();
  expect(await worker.get(WorkerReadiness).problem()).toBe('the engine does not answer');
  // After a few tries in vain the next one is seconds away.
  await eventually(() => {
    const retryAt = worker.report()?.last_error?.retry_at ?? '';
    expect(Date.parse(retryAt) - Date.now()).toBeGreaterThan(3_500);
  });
  const tries = worker.report()?.last_error?.retry_at ?? '';
  engine.comeBack();
  const after = await worker.reported({ state: 'converged', revision: 2 });
  expect(Date.now()).toBeLessThan(Date.parse(tries));
  expect(after.containers.map(({ image }) => image)).toEqual(['shop:2']);
  expect(after.last_error).toBeNull();
  expect(await worker.get(WorkerReadiness).problem()).toBeNull();
});

describe('an engine that was started anew, and has started the containers itself', () => {
  /** It ends them, refuses to start them while it still answers, and is away for so long that it is missed. */
  async function restart(): Promise<void> {
    engine.before = ({ verb }) => {
      if (verb === 'start') throw new RuntimeError('other', 'the daemon is shutting down');
    };
    engine.exit('web-1');
    await eventually(() => expect(worker.report()?.last_error?.message).toContain('shutting down'));
    engine.leave();
    await eventually(() => expect(worker.report()?.last_error?.message).toContain('does not answer'));
    engine.before = () => undefined;
    for (const container of engine.of('web')) {
      container.state = 'running';
      container.started_at = Date.now();
    }
  }

  beforeEach(async () => {
    await worker.start();
    worker.receive(wanted({ spec: { update: { min_ready_seconds: 0 } } }));
    await eventually(() =>
      expect(worker.report()).toMatchObject({ state: 'converged', update: { state: 'done' } }),
    );
    await restart();
    engine.calls.length = 0;
  });

  it('is found as is wanted, and nothing is done', async () => {
    engine.comeBack();
    expect(await worker.reported({ state: 'converged' })).toMatchObject({ last_error: null });
    expect(engine.calls).toEqual([]);
  });

  it('is blamed no more while their programs still start', async () => {
    for (const container of engine.of('web')) container.health = 'starting';
    engine.comeBack();
    await worker.reported({ state: 'converging' });
    engine.becomes('web-1', 'healthy');
    await worker.reported({ state: 'converged' });
    expect(engine.calls).toEqual([]);
  });
});

it('an engine that goes in the middle of a lane leaves no verdict on the app', async () => {
  await worker.start();
  let gone = false;
  engine.before = ({ verb }) => {
    if (verb !== 'start' || gone) return;
    gone = true;
    engine.leave();
  };
  worker.receive(wanted());
  const report = await worker.reported({ state: 'failed' });
  expect(report.last_error?.message).toBe('the engine does not answer');
  await eventually(async () => {
    const kept: unknown = JSON.parse(await readFile(join(worker.stateDir, 'memory', 'web.json'), 'utf8'));
    expect(kept).toMatchObject({ memory: { pin: { image: 'shop:1' }, failures: {} } });
    expect(JSON.stringify(kept)).not.toContain('does not answer');
  });
  engine.comeBack();
  await worker.reported({ state: 'converged' });
  expect(engine.calls.map(({ verb }) => verb)).toEqual(['create', 'start', 'start']);
});

it('a worker whose engine is not there yet starts, and works when it is', async () => {
  engine.leave();
  await worker.start();
  worker.receive(wanted());
  await eventually(() => expect(worker.log.text).toContain('interrupted'));
  expect(worker.reports).toEqual([]);
  engine.comeBack();
  await worker.reported({ state: 'converged' });
});

it.each([
  ['the id of its engine', {}],
  ['an id of its own', { worker_id: 'edge-7' }],
])('a worker with %s that starts anew without its engine tells that it is away', async (_what, settings) => {
  const { worker_id = 'engine-1' } = settings as { worker_id?: string };
  await worker.start(settings);
  worker.receive(wanted());
  await worker.reported({ state: 'converged', worker_id });
  await worker.close();
  engine.leave();
  worker.reports.length = 0;
  worker.heartbeats.length = 0;
  await worker.start(settings);
  const { last_error } = await worker.reported({ state: 'failed', revision: 1, worker_id });
  expect(last_error).toMatchObject({ step: 'observe', message: 'the engine does not answer' });
  await eventually(() =>
    expect(worker.heartbeats.at(-1)).toMatchObject({ worker_id, apps: [{ state: 'failed' }] }),
  );
  engine.comeBack();
  await worker.reported({ state: 'converged', worker_id });
});

it('a worker of no app that starts anew without its engine is there all the same', async () => {
  await worker.start();
  await eventually(() => expect(worker.heartbeats).not.toEqual([]));
  await worker.close();
  engine.leave();
  // Nothing is ever connected.
  jest.spyOn(engine, 'events').mockImplementation(async function* (_scope, signal) {
    yield { action: 'lost', app_name: null };
    await once(signal, 'abort');
  });
  worker.messages.length = 0;
  await worker.start();
  await eventually(() => expect(worker.messages).toMatchObject([{ kind: 'heartbeat', apps: [] }]));
});

it('the waits for an engine grow to a minute, with full jitter', () => {
  expect([1, 2, 3, 7, 50].map((n) => engineBackoff(n, 1))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
  expect(engineBackoff(5, 0)).toBe(0);
  expect(engineBackoff(5, 0.25)).toBe(4_000);
});
