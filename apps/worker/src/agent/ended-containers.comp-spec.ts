import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObservedContainer } from '../reconcile/observed.js';
import { RuntimeError } from '../container-runtime/runtime-error.js';
import { eventually } from '../container-runtime/testing/eventually.js';
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

/** Leaves a container beside the one of an app, as an earlier worker may have. */
function leave(given: Partial<ObservedContainer> & { name: string }): void {
  const [model] = engine.of('web');
  if (!model) throw new Error('There is no container of web.');
  const left = {
    ...model,
    scope: 'default',
    fingerprint: 'v1:before',
    state: 'exited' as const,
    created_at: 0,
  };
  engine.containers.set(given.name, { ...left, id: given.name, ...given });
}

/** Has the app serve well, so that the worker knows a version that it comes back to. */
async function serve(): Promise<void> {
  worker.receive(wanted({ spec: { update: { min_ready_seconds: 0 } } }));
  await eventually(() =>
    expect(worker.reports.at(-1)).toMatchObject({ update: { state: 'done', ready: 1 } }),
  );
}

function names(app: string): string[] {
  return engine.of(app).map(({ name }) => name);
}

it('ended containers that an app has beside its replicas go without being asked for, whatever their names', async () => {
  await worker.start({ resync_seconds: 0.1 });
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  const [kept] = engine.of('web');
  leave({ name: 'web-1.old' });
  leave({ name: 'web-1.next', state: 'created' });
  leave({ name: 'web-7', replica: 7 });
  leave({ name: 'web-8', replica: 8, state: 'dead' });
  leave({ name: 'stray', replica: 0 });
  await eventually(() => expect(engine.of('web')).toEqual([kept]));
});

it('an app that is stopped leaves no container, also none that had ended before', async () => {
  await worker.start();
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  leave({ name: 'web-7', replica: 7 });
  leave({ name: 'web-1.old' });
  worker.receive(wanted({ revision: 2, spec: { running: false } }));
  await worker.reported({ state: 'converged', revision: 2 });
  expect(engine.of('web')).toEqual([]);
});

it('ended containers of an app that only the worker knows stay, also with a prune, until that app is deleted', async () => {
  await worker.start({ resync_seconds: 0.1 });
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  leave({ name: 'other-1', app_name: 'other' });
  worker.receive(wanted({ revision: 2, tokens: { prune: 2 } }));
  await worker.reported({ state: 'converged', revision: 2 });
  await eventually(() => expect(worker.log.text).toContain('an app without a desired state are left alone'));
  expect(names('other')).toEqual(['other-1']);
  worker.receive(deleted({ app_name: 'other' }), 'other');
  await eventually(() => expect(names('other')).toEqual([]));
});

it('an app whose spec is forbidden here keeps what it has until it has one that is allowed', async () => {
  await worker.start({ worker_policy: { privileged: false } });
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  leave({ name: 'web-7', replica: 7 });
  worker.receive(wanted({ revision: 2, spec: { privileged: true } }));
  await worker.reported({ state: 'failed', revision: 2 });
  expect(names('web')).toEqual(['web-1', 'web-7']);
  worker.receive(wanted({ revision: 3 }));
  await worker.reported({ state: 'converged', revision: 3 });
  expect(names('web')).toEqual(['web-1']);
});

describe('a prune of an app whose spec', () => {
  it('is forbidden here removes what has ended and no version comes back to, and nothing that runs', async () => {
    await worker.start({ worker_policy: { privileged: false } });
    await serve();
    const [kept] = engine.of('web');
    leave({ name: 'web-1.old' });
    leave({ name: 'web-7', replica: 7 });
    leave({ name: 'stray', replica: 0, state: 'dead' });
    leave({ name: 'web-8', replica: 8, state: 'running' });
    worker.receive(wanted({ revision: 2, spec: { privileged: true }, tokens: { prune: 2 } }));
    await eventually(() => expect(names('web')).toEqual(['web-1', 'web-8']));
    await worker.reported({ state: 'failed', revision: 2 });
    expect(engine.of('web')[0]).toEqual(kept);
  });

  it('is forbidden here leaves one of every replica when the worker has lost its memory', async () => {
    await worker.start({ worker_policy: { privileged: false } });
    await serve();
    leave({ name: 'web-7', replica: 7 });
    leave({ name: 'web-7.old', replica: 7 });
    await worker.close();
    await rm(join(worker.stateDir, 'memory'), { recursive: true });
    await worker.start({ worker_policy: { privileged: false } });
    worker.receive(wanted({ revision: 2, spec: { privileged: true }, tokens: { prune: 2 } }));
    await eventually(() => expect(names('web')).toEqual(['web-1', 'web-7']));
  });

  it('does not fit here leaves the one of each replica that it comes back to', async () => {
    await worker.start();
    const done = { restart_policy: 'no' };
    engine.onStart = (container) => (container.state = 'exited');
    worker.receive(wanted({ spec: done }));
    await worker.reported({ state: 'converged' });
    const [kept] = engine.of('web');
    leave({ name: 'web-1.old' });
    worker.receive(wanted({ revision: 2, spec: { ...done, resources: { cpus: 64 } }, tokens: { prune: 2 } }));
    await eventually(() => expect(engine.of('web')).toEqual([kept]));
    worker.receive(wanted({ revision: 3, spec: done, tokens: { prune: 2 } }));
    await worker.reported({ state: 'converged', revision: 3 });
    // Its program has not run a second time.
    expect(engine.of('web')).toEqual([kept]);
  });

  it('is forbidden here goes on with the rest when one can not be removed, and comes back to that one', async () => {
    await worker.start({ worker_policy: { privileged: false } });
    await serve();
    leave({ name: 'web-7', replica: 7 });
    leave({ name: 'web-8', replica: 8 });
    let isBusy = true;
    engine.before = ({ verb, subject }) => {
      if (isBusy && verb === 'remove' && subject === 'web-7')
        throw new RuntimeError('other', 'device or resource busy');
    };
    worker.receive(wanted({ revision: 2, spec: { privileged: true }, tokens: { prune: 2 } }));
    await eventually(() => expect(names('web')).toEqual(['web-1', 'web-7']));
    await eventually(() => expect(prunes()).toBe(1));
    await eventually(() => expect(problems()).toContain('remove: device or resource busy'));
    isBusy = false;
    await eventually(() => expect(names('web')).toEqual(['web-1']), 10_000);
    // Its image is free only now.
    await eventually(() => expect(prunes()).toBe(2));
    await eventually(() => expect(problems()).not.toContain('remove'));
  });
});

/** What the log has told last of what keeps an app from its desired state. */
function problems(): string {
  const told = worker.log.lines.filter(({ message }) => message === 'an app has problems');
  return String(told.at(-1)?.fields['problems']);
}

function prunes(): number {
  return worker.log.text.split('"prune images"').length - 1;
}
