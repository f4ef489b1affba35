import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

const LACKS = 'resources: this server can not limit pids, so the app runs without that';
const WARNING = 'Your kernel does not support pids. Limitation discarded.';
const TWO = { containers_per: { server: 2 } };

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  engine.unlimited.add('pids');
  await worker.start({ resync_seconds: 0.2 });
});

afterEach(async () => {
  await worker.destroy();
});

const tries = (): number => engine.calls.filter(({ verb }) => verb === 'updateLimits').length;
const warned = (): number => worker.log.text.split('does without something on this server').length - 1;

/** Resolves when some more looks have found the app as it is wanted, with these notices. */
async function rests(revision: number, notices: string[]): Promise<void> {
  await eventually(() => {
    const { notices: told = [], ...report } = worker.report() ?? {};
    expect(report).toMatchObject({ state: 'converged', revision, last_error: null });
    expect(told).toEqual(notices);
  });
  const { lists } = engine;
  await eventually(() => expect(engine.lists).toBeGreaterThan(lists + 4));
  expect(worker.report()?.state).toBe('converged');
}

it('a limit that the server can not give is tried once, told of as no failure, and that is known after a restart', async () => {
  worker.receive(wanted({ spec: TWO }));
  await rests(1, []);
  worker.receive(wanted({ revision: 2, spec: { ...TWO, resources: { pids: 50, cpu_shares: 512 } } }));
  await rests(2, [LACKS, WARNING]);
  expect(tries()).toBe(2);
  expect(engine.of('web').map(({ limits }) => [limits.pids, limits.cpu_shares])).toEqual([
    [null, 512],
    [null, 512],
  ]);
  expect(warned()).toBe(1);

  await worker.close();
  worker.reports.length = 0;
  await worker.start({ resync_seconds: 0.2 });
  await rests(2, [LACKS, WARNING]);
  expect(tries()).toBe(2);
});

it('a limit that a server could not give is tried again with another version of its engine', async () => {
  const spec = { ...TWO, resources: { pids: 50 } };
  worker.receive(wanted({ spec }));
  await rests(1, [LACKS, WARNING]);
  await worker.close();
  worker.reports.length = 0;
  engine.version = '29.0';
  engine.unlimited.clear();
  await worker.start({ resync_seconds: 0.2 });
  await rests(1, []);
  expect(engine.of('web').map(({ limits }) => limits.pids)).toEqual([50, 50]);
  expect(tries()).toBe(2);
});

it('what was learned of a server is kept with the start of it that it was learned in', async () => {
  worker.receive(wanted({ spec: { ...TWO, resources: { pids: 50 } } }));
  await rests(1, [LACKS, WARNING]);
  await worker.close();
  const file = join(worker.stateDir, 'memory', 'web.json');
  const kept = await readFile(file, 'utf8');
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  expect(kept).toContain(boot);
  await writeFile(file, kept.replace(boot, '00000000-0000-4000-8000-000000000000'));
  engine.unlimited.clear();
  worker.reports.length = 0;
  await worker.start({ resync_seconds: 0.2 });
  await rests(1, []);
  expect(engine.of('web').map(({ limits }) => limits.pids)).toEqual([50, 50]);
});

it('what the engine warns of at a creation is told of once, and the container is right as it is', async () => {
  worker.receive(wanted({ spec: { ...TWO, resources: { pids: 50 } } }));
  await rests(1, [LACKS, WARNING]);
  expect([tries(), warned()]).toEqual([0, 1]);
  // A later version has the same limit, and a server that can give it by then gives it.
  engine.unlimited.clear();
  worker.receive(wanted({ revision: 2, spec: { ...TWO, resources: { pids: 50 }, env_vars: { A: '1' } } }));
  await rests(2, []);
  expect(engine.of('web').map(({ limits }) => limits.pids)).toEqual([50, 50]);
  expect(tries()).toBe(0);
});
