import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { deleted, type Wish, wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
});

afterEach(async () => {
  engine.before = () => undefined;
  await worker.destroy();
});

const web = (more: Wish = {}) => wanted({ ...more, spec: { depends_on: ['db'], ...more.spec } });
const db = (more: Wish = {}) => wanted({ ...more, app_name: 'db' });

it('an app is first started when the one that it depends on runs as wanted, at once', async () => {
  await worker.start({ selection: { kind: 'listed', apps: ['web', 'db'] } });
  worker.receive(web());
  const waiting = await worker.reported({ state: 'converging' });
  expect(waiting.last_error?.message ?? '').toMatch(/^(waits for the app db|$)/);
  let release = (): void => undefined;
  engine.before = ({ verb }) =>
    verb === 'start' ? new Promise<void>((resolve) => (release = resolve)) : undefined;
  worker.receive(db());
  await eventually(() => expect(engine.calls.map(({ verb }) => verb)).toContain('start'));
  expect(engine.of('web')).toEqual([]);
  engine.before = () => undefined;
  release();
  await worker.reported({ state: 'converged' });
  const starts = engine.calls.filter(({ verb }) => verb === 'start').map(({ subject }) => subject);
  expect(starts).toEqual(['db-1', 'web-1']);
});

it('an update, a stop and the end of the other app touch nothing', async () => {
  await worker.start();
  worker.receive(db());
  worker.receive(web());
  await worker.reported({ state: 'converged' });
  const before = engine.of('web');
  worker.receive(db({ revision: 2, spec: { env_vars: { A: '1' } } }));
  await worker.reported({ app_name: 'db', state: 'converged', revision: 2 });
  worker.receive(db({ revision: 3, spec: { running: false } }));
  await worker.reported({ app_name: 'db', state: 'converged', revision: 3 });
  worker.receive(deleted({ app_name: 'db', revision: 4 }));
  await worker.reported({ app_name: 'db', deleted: true, state: 'converged' });
  expect(engine.of('web')).toEqual(before);
  expect(worker.report()?.state).toBe('converged');
  engine.exit('web-1');
  await eventually(() => expect(engine.calls.filter(({ subject }) => subject === 'web-1')).toHaveLength(3));
});

it('an app that this worker does not run is a failure, until it does', async () => {
  await worker.start();
  worker.receive(web());
  const report = await worker.reported({ state: 'failed' });
  expect(report.last_error?.message).toContain("this worker doesn't run the app db");
  expect(engine.of('web')).toEqual([]);
  worker.receive(db());
  await worker.reported({ state: 'converged' });
});

it('apps that wait for each other say so, and a change of one ends it', async () => {
  await worker.start();
  worker.receive(web());
  worker.receive(wanted({ app_name: 'db', spec: { depends_on: ['web'] } }));
  for (const app_name of ['web', 'db']) {
    const report = await worker.reported({ app_name, state: 'failed' });
    expect(report.last_error?.message).toMatch(/is a cycle, so none of them is started/);
  }
  expect(engine.containers.size).toBe(0);
  worker.receive(db({ revision: 2 }));
  await worker.reported({ state: 'converged' });
});

it('a worker that starts again with everything running waits for nothing', async () => {
  await worker.start();
  worker.receive(db());
  worker.receive(web());
  await worker.reported({ state: 'converged' });
  await worker.close();
  const calls = engine.calls.length;
  worker.reports.length = 0;
  await worker.start();
  await worker.reported({ state: 'converged' });
  expect(engine.calls).toHaveLength(calls);
});
