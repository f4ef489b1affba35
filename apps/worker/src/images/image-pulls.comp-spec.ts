import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from '../agent/testing/memory-engine.js';
import { wanted } from '../agent/testing/messages.js';
import { WorkerUnderTest } from '../agent/testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;
let release = (): void => undefined;

/** Lets pulls wait until `release` is called. */
function holdPulls(): void {
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  engine.before = async ({ verb }, signal) => {
    if (verb !== 'pull') return;
    const ended = new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('ended')), { once: true });
    });
    await Promise.race([gate, ended]);
  };
}

function pulled(): string[] {
  return engine.calls.filter(({ verb }) => verb === 'pull').map(({ subject }) => subject);
}

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  for (const name of ['far:1', 'far:2', 'far:3']) engine.registry.set(name, `id of ${name}`);
  holdPulls();
});

afterEach(async () => {
  release();
  await worker.destroy();
});

it('several apps have their image pulled once', async () => {
  await worker.start();
  for (const app_name of ['one', 'two', 'three']) {
    worker.receive(wanted({ app_name, spec: { docker_image: 'far:1' } }), app_name);
  }
  await eventually(() => expect(pulled()).toHaveLength(1));
  release();
  for (const app_name of ['one', 'two', 'three']) {
    const { containers } = await worker.reported({ app_name, state: 'converged' });
    expect(containers).toMatchObject([{ image_id: 'id of far:1' }]);
  }
  expect(pulled()).toEqual(['far:1']);
});

it('no more images than allowed are pulled at a time, and all are in the end', async () => {
  await worker.start({ images: { pull_parallelism: 1 }, report_interval_seconds: 1 });
  for (const version of [1, 2, 3]) {
    worker.receive(wanted({ app_name: `web${version}`, spec: { docker_image: `far:${version}` } }));
  }
  await eventually(() => {
    const told = [1, 2, 3].map((version) => worker.report(`web${version}`)?.progress ?? '');
    expect(told.filter((text) => text.startsWith('pulling far:'))).toHaveLength(1);
    expect(told.filter((text) => text.startsWith('waiting for other pulls to pull far:'))).toHaveLength(2);
  });
  expect(pulled()).toHaveLength(1);
  release();
  for (const version of [1, 2, 3]) await worker.reported({ app_name: `web${version}`, state: 'converged' });
  expect(pulled().sort()).toEqual(['far:1', 'far:2', 'far:3']);
});

it('the report tells how far a pull is that takes long, and no more when it has ended', async () => {
  engine.progress = { downloaded_bytes: 45_000_000, known_bytes: 120_000_000, all_known: true };
  await worker.start({ report_interval_seconds: 1 });
  worker.receive(wanted({ spec: { docker_image: 'far:1' } }));
  const progress = 'pulling far:1 from docker.io, 45 of 120 MB';
  await worker.reported({ state: 'converging', progress });
  release();
  await worker.reported({ state: 'converged', progress: null });
});

it('the log has a line of a pull that takes long at intervals, and none when it has ended', async () => {
  engine.progress = { downloaded_bytes: 45_000_000, known_bytes: 120_000_000, all_known: true };
  const every = 0.2;
  const began = performance.now();
  await worker.start({ images: { pull_log_seconds: every } });
  worker.receive(wanted({ spec: { docker_image: 'far:1' } }));
  const told = (): object[] =>
    worker.log.lines
      .filter(({ message }) => message === 'pulling far:1 from docker.io, 45 of 120 MB')
      .map(({ fields }) => fields);
  await eventually(() => expect(told().length).toBeGreaterThan(2));
  expect(told()[0]).toMatchObject({ apps: ['web'], image: 'far:1' });
  release();
  await worker.reported({ state: 'converged' });
  const lines = told().length;
  expect(lines).toBeLessThanOrEqual((performance.now() - began) / (every * 1_000));
  // Another pull has so many lines by now.
  holdPulls();
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'far:2' } }));
  const others = (): number =>
    worker.log.lines.filter(({ message }) => message.startsWith('pulling far:2')).length;
  await eventually(() => expect(others()).toBeGreaterThan(2));
  expect(told()).toHaveLength(lines);
});

it('an app that wants another image meanwhile is told of as pulling that one', async () => {
  await worker.start({ report_interval_seconds: 1 });
  worker.receive(wanted({ spec: { docker_image: 'far:1' } }));
  await worker.reported({ progress: 'pulling far:1 from docker.io' });
  worker.receive(wanted({ revision: 2, spec: { docker_image: 'far:2' } }));
  await worker.reported({ progress: 'pulling far:2 from docker.io' });
  release();
  await worker.reported({ state: 'converged', progress: null });
  expect(engine.of('web')).toMatchObject([{ image: 'far:2' }]);
});
