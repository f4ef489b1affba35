import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  await worker.start();
  worker.receive(wanted());
  worker.receive(wanted({ app_name: 'other' }));
  await worker.reported({ state: 'converged' });
  await worker.reported({ app_name: 'other', state: 'converged' });
  await worker.close();
  worker.reports.length = 0;
  engine.calls.length = 0;
});

afterEach(async () => {
  await worker.destroy();
});

/** Apps of which there are containers. */
function apps(): string[] {
  return [...new Set([...engine.containers.values()].map(({ app_name }) => app_name))].sort();
}

describe('a worker with a list', () => {
  it('removes what the list leaves out, tells it, and forgets it', async () => {
    await worker.start({ selection: { kind: 'listed', apps: ['web'] } });
    await worker.reported({ app_name: 'other', deleted: true, state: 'converged' });
    await worker.reported({ state: 'converged' });
    expect(apps()).toEqual(['web']);
    await eventually(async () =>
      expect(await readdir(join(worker.stateDir, 'desired'))).toEqual(['web.json']),
    );
    expect(engine.calls.map(({ subject }) => subject)).toEqual(['other-1', 'other-1']);
    // A name that was misspelled costs containers, so it must not be a line among many.
    const warned = worker.log.lines.filter(({ level }) => level === 'warn');
    expect(warned).toMatchObject([
      { message: expect.stringContaining('not on the list'), fields: { app: 'other' } },
    ]);
  });

  it('removes them without any copy, in its own scope alone', async () => {
    const foreign = engine.named('web-1');
    if (foreign) Object.assign(foreign, { scope: 'another' });
    await worker.destroy();
    await worker.start({ selection: { kind: 'listed', apps: ['third'] } });
    await worker.reported({ app_name: 'other', deleted: true, state: 'converged' });
    expect(apps()).toEqual(['web']);
  });

  it('ignores messages of other apps', async () => {
    await worker.start({ selection: { kind: 'listed', apps: ['web', 'other'] } });
    worker.receive(wanted({ app_name: 'third' }));
    await worker.reported({ state: 'converged' });
    expect(worker.inbox.counts.unlisted).toBe(1);
    expect(apps()).toEqual(['other', 'web']);
  });

  it('leaves a listed app alone while nothing is known of it', async () => {
    await worker.destroy();
    await worker.start({ selection: { kind: 'listed', apps: ['web', 'other'] } });
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    expect(apps()).toEqual(['other', 'web']);
    expect(engine.calls).toEqual([]);
  });
});

it('without a list containers of unknown apps are orphans: named once, never touched', async () => {
  await worker.destroy();
  await worker.start({ resync_seconds: 0.1 });
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  const named = () => worker.log.lines.filter(({ message }) => message.includes('left alone'));
  await eventually(() => expect(named().map(({ fields }) => fields['app'])).toEqual(['other']));
  const lists = engine.lists;
  await eventually(() => expect(engine.lists).toBeGreaterThan(lists + 4));
  expect(named()).toHaveLength(1);
  expect(apps()).toEqual(['other', 'web']);
  expect(engine.calls).toEqual([]);
});
