import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import { DesiredStateCopies } from '../desired-state/desired-state-copies.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { deleted, wanted } from './testing/messages.js';
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

async function converge(): Promise<void> {
  await worker.start();
  worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
  await worker.reported({ state: 'converged' });
  await worker.close();
  worker.reports.length = 0;
  engine.calls.length = 0;
}

describe('a worker that starts again', () => {
  it('makes no writing call when everything is right, and reports without a feed', async () => {
    await converge();
    await worker.start();
    const report = await worker.reported({ state: 'converged', revision: 1 });
    expect(report.containers).toHaveLength(2);
    expect(engine.calls).toEqual([]);
  });

  it('repairs without a feed what happened meanwhile', async () => {
    await converge();
    engine.vanish('web-2');
    await worker.start();
    await worker.reported({ state: 'converged' });
    expect(engine.of('web')).toHaveLength(2);
  });

  it('numbers its reports anew under another nonce', async () => {
    await worker.start();
    worker.receive(wanted());
    const before = await worker.reported({ state: 'converged' });
    await worker.close();
    await worker.start();
    await eventually(() => expect(worker.report()?.boot_nonce).not.toBe(before.boot_nonce));
    const numbers = worker.reports.filter(({ boot_nonce }) => boot_nonce === before.boot_nonce);
    expect(numbers.map(({ sequence }) => sequence)).toEqual(numbers.map((_, index) => index + 1));
    expect(worker.report()?.sequence).toBe(1);
  });

  it('touches nothing when it has lost its folder', async () => {
    await converge();
    await rm(worker.stateDir, { recursive: true });
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
    await worker.reported({ state: 'converged' });
    expect(engine.calls).toEqual([]);
  });

  it('does not go back to what is older than its copy', async () => {
    await converge();
    await worker.start();
    worker.receive(wanted({ revision: 0, spec: { docker_image: 'shop:2' } }));
    await worker.reported({ state: 'converged', revision: 1 });
    expect(worker.inbox.counts.older).toBe(1);
    expect(engine.calls).toEqual([]);
  });

  it('remembers what has failed, until another desired state arrives', async () => {
    await worker.start();
    worker.receive(wanted({ spec: { docker_image: 'missing:1' } }));
    await worker.reported({ state: 'failed' });
    await worker.close();
    const file = join(worker.stateDir, 'memory', 'web.json');
    const kept = JSON.parse(await readFile(file, 'utf8')) as {
      memory: { failures: Record<string, { retry_at: number }> };
    };
    for (const failure of Object.values(kept.memory.failures)) failure.retry_at = Date.now() + 60_000;
    await writeFile(file, JSON.stringify(kept));
    engine.calls.length = 0;
    engine.registry.set('missing:1', 'id');
    worker.reports.length = 0;

    await worker.start();
    await worker.reported({ state: 'failed' });
    expect(engine.calls).toEqual([]);
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'missing:1' } }));
    await worker.reported({ state: 'failed', revision: 2 });
    expect(engine.calls).toEqual([]);
    worker.receive(wanted({ revision: 3, spec: { docker_image: 'missing:1', env_vars: { A: '1' } } }));
    await worker.reported({ state: 'converged', revision: 3 });
  });

  it('ignores files that are damaged, and sets copies aside', async () => {
    await converge();
    await writeFile(
      join(worker.stateDir, 'desired', 'web.json'),
      '{"app_name":"web","spec":{"env_vars":{"A":"secret"',
    );
    await writeFile(join(worker.stateDir, 'memory', 'web.json'), 'x');
    await writeFile(join(worker.stateDir, 'desired', 'other.json'), JSON.stringify(wanted()));
    await writeFile(join(worker.stateDir, 'desired', '.web.json.abc.tmp'), 'half');
    await worker.start();
    worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
    await worker.reported({ state: 'converged' });
    expect(engine.calls).toEqual([]);
    expect((await readdir(join(worker.stateDir, 'desired'))).sort()).toEqual([
      'other.json.corrupt',
      'web.json',
      'web.json.corrupt',
    ]);
    expect(worker.log.text).toContain('set aside');
    expect(worker.log.text).not.toContain('secret');
  });

  it('is quiet about what was deleted before, and keeps its place in the order', async () => {
    await converge();
    await worker.start();
    worker.receive(deleted({ revision: 5 }));
    await worker.reported({ deleted: true, state: 'converged' });
    await worker.close();
    expect(await readdir(join(worker.stateDir, 'memory'))).toEqual([]);
    await worker.start();
    worker.receive(wanted({ revision: 4 }));
    await worker.reported({ deleted: true, revision: 5 });
    expect(worker.inbox.counts.older).toBe(1);
    expect(engine.of('web')).toEqual([]);
  });
});

describe('the copy on disk', () => {
  it('is there before the first step, for the owner alone', async () => {
    const seen: string[] = [];
    engine.before = async () => {
      seen.push(await readFile(join(worker.stateDir, 'desired', 'web.json'), 'utf8'));
    };
    await worker.start();
    const message = wanted({ revision: 7, spec: { env_vars: { A: 'b' } } });
    worker.receive({ ...message, of_a_later_version: 1 });
    await worker.reported({ state: 'converged' });
    expect(JSON.parse(seen[0] ?? '')).toEqual({ ...message, of_a_later_version: 1 });
    for (const folder of ['desired', 'memory']) {
      const path = join(worker.stateDir, folder);
      expect((await stat(path)).mode & 0o777).toBe(0o700);
      expect((await stat(join(path, 'web.json'))).mode & 0o777).toBe(0o600);
      expect(await readdir(path)).toEqual(['web.json']);
    }
  });

  it('that can not be written stops nobody, is reported, and is written later', async () => {
    await worker.start();
    const folder = join(worker.stateDir, 'desired');
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    worker.receive(wanted());
    const report = await worker.reported({ state: 'converged' });
    expect(report.last_error).toMatchObject({ step: 'persist' });
    expect(worker.get(DesiredStateCopies).problem).toContain("can't be written");
    await rm(folder);
    await worker.get(DesiredStateCopies).open();
    await eventually(() => expect(worker.report()?.last_error).toBeNull());
    expect(await readdir(folder)).toEqual(['web.json']);
    expect(worker.get(DesiredStateCopies).problem).toBeNull();
  });

  it('of what was learned is written later, too, when it can not be written', async () => {
    await worker.start();
    const folder = join(worker.stateDir, 'memory');
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    await eventually(() => expect(worker.log.text).toContain('learned about an app can not be kept'));
    await rm(folder);
    await mkdir(folder);
    await eventually(async () => expect(await readdir(folder)).toEqual(['web.json']), 10_000);
    // Said only after the folder, too, is on disk.
    await eventually(() => expect(worker.log.text).toContain('learned about an app is on disk again'));
  }, 15_000);

  it('is required at the start', async () => {
    await writeFile(join(worker.stateDir, 'desired'), 'in the way');
    await expect(worker.start()).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(join(worker.stateDir, 'desired'));
    await chmod(worker.stateDir, 0o700);
  });
});
