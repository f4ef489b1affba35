import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { Call, MemoryEngine } from './testing/memory-engine.js';
import { deleted, wanted } from './testing/messages.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

let worker: WorkerUnderTest;
let engine: MemoryEngine;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  await worker.start({ parallelism: 2 });
});

afterEach(async () => {
  engine.before = () => undefined;
  await worker.destroy();
});

/** Holds calls of one kind until they are let go; each then takes some milliseconds. */
function hold(verb: string, takes = 0): { held: Call[]; release: () => void } {
  const held: Call[] = [];
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  engine.before = async (call) => {
    if (call.verb !== verb) return;
    held.push(call);
    await gate;
    if (takes > 0) await new Promise((resolve) => setTimeout(resolve, takes));
  };
  return { held, release };
}

describe('a newer desired state', () => {
  it('ends the work for the older one between two steps', async () => {
    const creates = hold('create');
    worker.receive(wanted({ spec: { containers_per: { server: 5 } } }));
    await eventually(() => expect(creates.held).toHaveLength(2));
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
    creates.release();
    await worker.reported({ state: 'converged', revision: 2 });
    expect(engine.of('web').map(({ name, image, state }) => ({ name, image, state }))).toEqual([
      { name: 'web-1', image: 'shop:2', state: 'running' },
    ]);
    const started = engine.calls.filter(({ verb }) => verb === 'start');
    expect(started).toHaveLength(1);
    expect(engine.calls.filter(({ verb, subject }) => verb === 'create' && subject !== 'web-1')).toHaveLength(
      1,
    );
  });

  it('of many is the only one that anything is started for', async () => {
    const networks = hold('create');
    worker.receive(wanted());
    await eventually(() => expect(networks.held).toHaveLength(1));
    for (let revision = 2; revision <= 20; revision += 1) {
      worker.receive(wanted({ revision, spec: { env_vars: { REVISION: String(revision) } } }));
    }
    networks.release();
    await worker.reported({ state: 'converged', revision: 20 });
    expect(engine.calls.filter(({ verb }) => verb === 'start')).toHaveLength(1);
    expect(engine.calls.filter(({ verb }) => verb === 'create')).toHaveLength(2);
  });

  it('ends a pull at once', async () => {
    const ended: string[] = [];
    engine.before = async ({ verb, subject }, signal) => {
      if (verb !== 'pull') return;
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      ended.push(subject);
      throw new Error('the pull was ended');
    };
    worker.receive(wanted({ spec: { docker_image: 'huge:1' } }));
    await eventually(() => expect(engine.calls.at(-1)).toEqual({ verb: 'pull', subject: 'huge:1' }));
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'shop:2' } }));
    await worker.reported({ state: 'converged', revision: 2 });
    expect(ended).toEqual(['huge:1']);
    expect(worker.log.text).not.toContain('the pull was ended');
  });

  it('that wants the same image lets the pull go on', async () => {
    let release = (): void => undefined;
    engine.before = async ({ verb }) => {
      if (verb === 'pull') await new Promise<void>((resolve) => (release = resolve));
    };
    engine.registry.set('huge:1', 'id of huge:1');
    worker.receive(wanted({ spec: { docker_image: 'huge:1' } }));
    await eventually(() => expect(engine.calls.at(-1)?.verb).toBe('pull'));
    worker.receive(wanted({ revision: 2, spec: { docker_image: 'huge:1', containers_per: { server: 2 } } }));
    await worker.reported({ state: 'converging', revision: 2 });
    release();
    await worker.reported({ state: 'converged', revision: 2 });
    expect(engine.calls.filter(({ verb }) => verb === 'pull')).toHaveLength(1);
    expect(engine.of('web')).toHaveLength(2);
  });

  it('does not leave down what the older one has stopped', async () => {
    worker.receive(wanted());
    await worker.reported({ state: 'converged' });
    const stops = hold('stop');
    worker.receive(wanted({ revision: 2, spec: { env_vars: { A: '1' } } }));
    await eventually(() => expect(stops.held).toHaveLength(1));
    // Nothing of it can ever be made.
    worker.receive(wanted({ revision: 3, spec: { docker_image: 'missing:1' } }));
    stops.release();
    await worker.reported({ state: 'failed', revision: 3 });
    const verbs = engine.calls.map(({ verb }) => verb);
    expect(verbs.slice(verbs.indexOf('stop')).slice(0, 4)).toEqual(['stop', 'rename', 'rename', 'start']);
    expect(engine.of('web').map(({ name, state }) => [name, state])).toContainEqual(['web-1', 'running']);
  });

  it('that deletes the app wins over a start under way', async () => {
    const starts = hold('start');
    worker.receive(wanted());
    await eventually(() => expect(starts.held).toHaveLength(1));
    worker.receive(deleted({ revision: 2 }));
    starts.release();
    await worker.reported({ deleted: true, state: 'converged' });
    expect(engine.of('web')).toEqual([]);
  });
});

describe('the apps of a worker', () => {
  it('share one limit of lanes, and each has one plan at a time', async () => {
    let busy = 0;
    let most = 0;
    engine.before = async ({ verb }) => {
      if (verb !== 'create') return;
      busy += 1;
      most = Math.max(most, busy);
      await new Promise((resolve) => setTimeout(resolve, 5));
      busy -= 1;
    };
    for (const app_name of ['a', 'b', 'c'])
      worker.receive(wanted({ app_name, spec: { containers_per: { server: 4 } } }));
    for (const app_name of ['a', 'b', 'c']) await worker.reported({ app_name, state: 'converged' });
    expect(most).toBe(2);
    expect(engine.calls.filter(({ verb }) => verb === 'create')).toHaveLength(12);
  });

  it('do not wait for the pull of another one', async () => {
    engine.before = async ({ verb }, signal) => {
      if (verb === 'pull') await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    };
    for (const app_name of ['a', 'b', 'c'])
      worker.receive(wanted({ app_name, spec: { docker_image: `huge-${app_name}:1` } }));
    await eventually(() => expect(engine.calls.filter(({ verb }) => verb === 'pull')).toHaveLength(3));
    worker.receive(wanted({ app_name: 'd' }));
    await worker.reported({ app_name: 'd', state: 'converged' });
  });

  it('do not wait behind all lanes of a large one', async () => {
    const creates = hold('create', 10);
    worker.receive(wanted({ app_name: 'large', spec: { containers_per: { server: 40 } } }));
    await eventually(() => expect(creates.held).toHaveLength(2));
    worker.receive(wanted({ app_name: 'small' }));
    await worker.reported({ app_name: 'small', state: 'converging' });
    creates.release();
    await worker.reported({ app_name: 'small', state: 'converged' });
    const before = engine.calls.findIndex(({ subject }) => subject === 'small-1');
    expect(engine.calls.slice(0, before).filter(({ verb }) => verb === 'create').length).toBeLessThan(10);
  });
});

it('ends between two steps when the worker ends, and leaves the containers', async () => {
  const creates = hold('create');
  worker.receive(wanted({ spec: { containers_per: { server: 3 } } }));
  await eventually(() => expect(creates.held).toHaveLength(2));
  const closing = worker.close();
  creates.release();
  await closing;
  const calls = engine.calls.length;
  expect(engine.calls.filter(({ verb }) => verb === 'start')).toEqual([]);
  engine.before = () => undefined;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(engine.calls).toHaveLength(calls);
  expect(engine.of('web')).toHaveLength(2);
});

it('ends after the start of what it has stopped, so that no replica stays down', async () => {
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  const stops = hold('stop');
  worker.receive(wanted({ revision: 2, spec: { env_vars: { A: '1' } } }));
  await eventually(() => expect(stops.held).toHaveLength(1));
  const closing = worker.close();
  stops.release();
  await closing;
  expect(engine.calls.slice(-2).map(({ verb }) => verb)).toEqual(['rename', 'start']);
  expect(engine.of('web').map(({ name, state }) => [name, state])).toContainEqual(['web-1', 'running']);
});

it('ends although the engine is not done with a stop, and goes on at the next start', async () => {
  worker.receive(wanted());
  await worker.reported({ state: 'converged' });
  const stops = hold('stop');
  worker.receive(wanted({ revision: 2, spec: { env_vars: { A: '1' } } }));
  await eventually(() => expect(stops.held).toHaveLength(1));
  const begin = performance.now();
  await worker.close();
  expect(performance.now() - begin).toBeLessThan(9_000);
  expect(worker.log.text).toContain('a step is still under way at the end');
  stops.release();
  await worker.start();
  await worker.reported({ state: 'converged', revision: 2 });
  expect(engine.of('web').map(({ name, state }) => [name, state])).toEqual([['web-1', 'running']]);
}, 30_000);
