import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { engineOf, killEngine, startEngine, stopEngine } from '../../../../tools/engine/engine.mjs';
import { eventually } from '../container-runtime/testing/eventually.js';
import { IMAGES, WorkerOnEngine } from './testing/worker-on-engine.js';

let folder: string;
let worker: WorkerOnEngine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-engine-'));
  const { host } = await startEngine({ folder });
  worker = await WorkerOnEngine.open(host);
  await worker.start();
  await worker.want(1, { containers_per: { server: 2 }, starting_ports: [worker.engine.port()] });
  worker.engine.port();
  await worker.reported({ state: 'converged' });
}, 120_000);

afterAll(async () => {
  await worker.destroy();
  await stopEngine(folder);
  await rm(folder, { recursive: true, force: true });
}, 120_000);

/** The change has served, so that nothing is waited for that would look at the app by itself. */
async function settled(): Promise<void> {
  await eventually(() =>
    expect(worker.report()).toMatchObject({ state: 'converged', update: { state: 'done' } }),
  );
}

const ways = { 'in order': stopEngine, 'by a kill': killEngine };

it.each(Object.entries(ways))(
  'an engine that ends %s is missed and named; what changed meanwhile is done when it is back',
  async (_how, end) => {
    const known = worker.report()?.revision ?? 0;
    const revision = known + 1;
    const before = await worker.containers();
    await settled();
    await end(folder);
    expect(await worker.problem()).toContain('does not answer');
    // An engine that ends may refuse a start first, of what it has just stopped.
    await eventually(() => {
      const { state, revision: of, last_error } = worker.report() ?? {};
      expect({ state, of }).toEqual({ state: 'failed', of: known });
      expect(last_error?.message).toContain('does not answer');
    }, 30_000);
    await worker.want(revision, { containers_per: { server: 3 }, starting_ports: [worker.engine.port()] });
    await worker.reported({ state: 'failed', revision });

    await startEngine({ folder });
    await worker.reported({ state: 'converged', revision }, 60_000);
    expect(await worker.problem()).toBeNull();
    const after = await worker.containers();
    expect(after.map(({ name, running }) => [name, running])).toEqual(
      [1, 2, 3].map((n) => [`${worker.app}-${n}`, true]),
    );
    expect(before.length).toBeGreaterThan(0);
    await worker.want(revision + 1, { containers_per: { server: 2 }, docker_image: IMAGES[1] });
    await worker.reported({ state: 'converged', revision: revision + 1 }, 60_000);
  },
  180_000,
);

it('an engine that is killed in the middle of a change is brought to its end', async () => {
  const revision = (worker.report()?.revision ?? 0) + 1;
  await worker.want(revision, { containers_per: { server: 4 }, env_vars: { A: '1' } });
  await eventually(async () => {
    const created = worker.log.lines.filter(({ message }) => message.startsWith('create '));
    expect(created.filter(({ fields }) => fields['revision'] === revision).length).toBeGreaterThan(0);
  });
  await killEngine(folder);
  await startEngine({ folder });
  await worker.reported({ state: 'converged', revision }, 60_000);
  const containers = await worker.containers();
  expect(containers.map(({ name, running }) => [name, running])).toEqual(
    [1, 2, 3, 4].map((n) => [`${worker.app}-${n}`, true]),
  );
}, 180_000);

/** Ends the engine alone, as its service manager would; with live restore its containers go on. */
async function endInOrder(): Promise<void> {
  const engine = engineOf(folder);
  // After a test that has failed it may not be there.
  if (engine) process.kill(engine.pid, 'SIGTERM');
  await eventually(() => expect(engineOf(folder)).toBeNull(), 60_000);
}

it.each([
  ['in order', endInOrder],
  ['by a kill', async () => void (await killEngine(folder))],
])(
  'with live restore an engine that ends %s and is back finds its containers running, and none is touched',
  async (_how, end) => {
    const live = { folder, args: ['--live-restore'] };
    await endInOrder();
    await startEngine(live);
    const revision = (worker.report()?.revision ?? 0) + 1;
    const port = worker.engine.port();
    worker.engine.port();
    await worker.want(revision, {
      containers_per: { server: 2 },
      starting_ports: [{ [String(port)]: '8080' }],
    });
    await worker.reported({ state: 'converged', revision }, 60_000);
    const before = await worker.containers();
    const pids = async () =>
      await Promise.all(
        before.map(async ({ id }) => (await worker.engine.docker.getContainer(id).inspect()).State.Pid),
      );
    const running = await pids();
    await settled();
    const steps = worker.log.lines.length;

    await end();
    expect(await worker.problem()).toContain('does not answer');
    await worker.reported({ state: 'failed', revision });
    for (const pid of running) process.kill(pid, 0);
    await startEngine(live);
    await eventually(async () => expect(await worker.problem()).toBeNull());
    // What is done after this has looked at everything.
    await worker.want(revision + 1, {
      containers_per: { server: 3 },
      starting_ports: [{ [String(port)]: '8080' }],
    });
    await worker.reported({ state: 'converged', revision: revision + 1 }, 60_000);
    expect((await worker.containers()).slice(0, 2)).toEqual(before);
    expect(await pids()).toEqual(running);
    const done = worker.log.lines.slice(steps).filter(({ fields }) => 'step' in fields);
    expect(done.map(({ fields }) => fields['replica'])).toEqual([3, 3]);
  },
  180_000,
);
