import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { killEngine, startEngine, stopEngine } from '../../../../tools/engine/engine.mjs';
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

const ways = { 'in order': stopEngine, 'by a kill': killEngine };

it.each(Object.entries(ways))(
  'an engine that ends %s is missed and named; what changed meanwhile is done when it is back',
  async (_how, end) => {
    const revision = (worker.report()?.revision ?? 0) + 1;
    const before = await worker.containers();
    await end(folder);
    expect(await worker.problem()).toContain('does not answer');
    await worker.want(revision, { containers_per: { server: 3 }, starting_ports: [worker.engine.port()] });
    const away = await worker.reported({ state: 'failed', revision });
    expect(away.last_error?.message).toContain('does not answer');

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
