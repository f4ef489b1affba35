import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { MemoryEngine } from '../agent/testing/memory-engine.js';
import { wanted } from '../agent/testing/messages.js';
import { WorkerUnderTest } from '../agent/testing/worker-under-test.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { eventually } from '../container-runtime/testing/eventually.js';
import { WorkerMetrics } from './worker-metrics.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  await worker.start();
});

afterEach(async () => {
  await worker.destroy();
});

/** Every sample by its name and labels. */
async function scraped(): Promise<Map<string, number>> {
  const text = await worker.get(WorkerMetrics).registry.metrics();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const count = async (sample: string) => (await scraped()).get(`nebula_worker_${sample}`);

it('steps, pulls and rounds are counted, and what runs is told by its state', async () => {
  engine.registry.set('web:9', 'id of web:9');
  worker.receive(wanted({ spec: { docker_image: 'web:9', containers_per: { server: 2 } } }));
  await worker.reported({ state: 'converged' });
  await eventually(async () => {
    const samples = await scraped();
    const of = (sample: string) => samples.get(`nebula_worker_${sample}`);
    expect(of('steps_total{kind="start",outcome="done"}')).toBe(2);
    expect(of('steps_total{kind="start",outcome="failed"}')).toBe(0);
    expect(of('pull_duration_seconds_count{outcome="done"}')).toBe(1);
    expect(of('reconcile_duration_seconds_count{result="converged"}')).toBeGreaterThan(0);
    expect(of('reconcile_duration_seconds_count{result="steps"}')).toBeGreaterThan(0);
    expect(of('apps{state="converged"}')).toBe(1);
    expect(of('containers{state="running"}')).toBe(2);
    expect(of('containers{state="exited"}')).toBe(0);
    expect(of('messages_total{verdict="newer"}')).toBe(1);
    expect(of('drift_repairs_total')).toBe(0);
    // Of an app that is new here its age says nothing.
    expect(of('feed_lag_seconds_count')).toBe(0);
    expect([...samples.keys()].join()).not.toContain('web');
  });
});

it('what undoes a right app is a drift that was repaired, a change of the app is none', async () => {
  worker.receive(wanted());
  await worker.reported({ state: 'converged', revision: 1 });
  const container = engine.named('web-1');
  if (container) container.state = 'exited';
  worker.receive(wanted());
  await eventually(async () => expect(await count('drift_repairs_total')).toBe(1));
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
  await worker.reported({ state: 'converged', revision: 2 });
  expect(await count('drift_repairs_total')).toBe(1);
});

it('the time since a change is told when the worker hears of it', async () => {
  worker.receive(wanted());
  await worker.reported({ state: 'converged', revision: 1 });
  const issued_at = new Date(Date.now() - 20_000).toISOString();
  worker.receive({ ...wanted({ revision: 2 }), issued_at });
  await worker.reported({ state: 'converged', revision: 2 });
  expect(await count('feed_lag_seconds_count')).toBe(1);
  expect(await count('feed_lag_seconds_sum')).toBeGreaterThanOrEqual(20);
  expect(await count('feed_lag_seconds_sum')).toBeLessThan(200);
});

it('what fails, and what an engine that is away interrupts, are told apart', async () => {
  engine.before = ({ verb }) => {
    if (verb === 'start') throw new RuntimeError('invalid', 'no such program');
  };
  worker.receive(wanted());
  await worker.reported({ state: 'failed' });
  await eventually(async () => expect(await count('steps_total{kind="start",outcome="failed"}')).toBe(1));
  expect(await count('reconcile_duration_seconds_count{result="interrupted"}')).toBe(0);
  engine.before = () => {
    throw new RuntimeError('unavailable', 'the engine does not answer');
  };
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
  await eventually(async () =>
    expect(await count('reconcile_duration_seconds_count{result="interrupted"}')).toBeGreaterThan(0),
  );
  expect(await count('apps{state="failed"}')).toBe(1);
});
