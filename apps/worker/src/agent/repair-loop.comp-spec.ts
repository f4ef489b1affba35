import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../container-runtime/testing/eventually.js';
import type { MemoryEngine } from './testing/memory-engine.js';
import { wanted } from './testing/messages.js';
import { MovedClock } from './testing/moved-clock.js';
import { WorkerUnderTest } from './testing/worker-under-test.js';

const HOUR = 3_600_000;

let worker: WorkerUnderTest;
let engine: MemoryEngine;
let clock: MovedClock;

beforeEach(async () => {
  worker = await WorkerUnderTest.open();
  engine = worker.engine;
  clock = new MovedClock();
  await worker.start({ clock });
  worker.receive(wanted({ spec: { containers_per: { server: 2 } } }));
  await worker.reported({ state: 'converged' });
});

afterEach(async () => {
  engine.onStart = () => undefined;
  await worker.destroy();
});

/** Undoes every start of a container, each time once the worker has had a look at it. */
function spoil(name: string, undo: () => void): void {
  engine.onStart = (container) => {
    if (container.name !== name) return;
    const { lists } = engine;
    void eventually(() => expect(engine.lists).toBeGreaterThan(lists)).then(() => {
      if (engine.named(name)?.state === 'running') undo();
    });
  };
}

const starts = (name: string) =>
  engine.calls.filter(({ verb, subject }) => verb === 'start' && subject === name);

const undoings: Record<string, (name: string) => void> = {
  removed: (name) => engine.vanish(name),
  stopped: (name) => engine.exit(name),
};

describe.each(Object.keys(undoings))('a container that is %s by somebody each time it runs', (done) => {
  const undo = (name: string) => undoings[done]?.(name);

  it('is repaired at once, then with growing waits, which the report says, and no other replica waits', async () => {
    spoil('web-1', () => undo('web-1'));
    undo('web-1');
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error).toMatchObject({
      step: 'run',
      message: expect.stringContaining('something keeps stopping or removing web-1'),
      retry_at: expect.any(String),
    });
    const begin = performance.now();
    await eventually(() => expect(starts('web-1')).toHaveLength(6), 10_000);
    // Half a second, one and two, of which the first has begun.
    expect(performance.now() - begin).toBeGreaterThan(2_000);
    clock.stop();
    undo('web-2');
    await eventually(() => expect(engine.named('web-2')?.state).toBe('running'));
    expect(starts('web-1')).toHaveLength(6);
    clock.go();
  }, 20_000);

  it('is called well once it has run for a while, and starts with short waits again after a long one', async () => {
    spoil('web-1', () => undo('web-1'));
    undo('web-1');
    await worker.reported({ state: 'failed' });
    engine.onStart = () => undefined;
    await worker.reported({ state: 'converged' }, 20_000);
    clock.shift += HOUR;
    const before = starts('web-1').length;
    // What waits now waits for ever.
    clock.stop();
    for (const times of [1, 2, 3]) {
      undo('web-1');
      await eventually(() => expect(starts('web-1')).toHaveLength(before + times));
    }
    undo('web-1');
    const report = await worker.reported({ state: 'failed' });
    expect(report.last_error?.message).toMatch(/keeps stopping or removing web-1: it was started 3 times/);
    clock.go();
    await eventually(() => expect(starts('web-1')).toHaveLength(before + 4));
  }, 40_000);

  it('is repaired at once after a further change', async () => {
    spoil('web-1', () => undo('web-1'));
    undo('web-1');
    await eventually(() => expect(starts('web-1')).toHaveLength(5), 10_000);
    engine.onStart = () => undefined;
    // What waits now waits for ever.
    clock.stop();
    worker.receive(wanted({ revision: 2, spec: { containers_per: { server: 3 } } }));
    await worker.reported({ revision: 2, state: 'converged' });
  }, 20_000);
});

it('replicas that are removed one after the other, over and over, wait as well', async () => {
  let undone = 0;
  const looks: Promise<unknown>[] = [];
  engine.onStart = (container) => {
    const { lists } = engine;
    const other = container.name === 'web-1' ? 'web-2' : 'web-1';
    const look = eventually(() => expect(engine.lists).toBeGreaterThan(lists)).then(() => {
      undone += 1;
      if (engine.named(other)?.state === 'running') engine.vanish(other);
    });
    // The worker that ends looks no more.
    looks.push(look.catch(() => undefined));
  };
  engine.vanish('web-1');
  await worker.reported({ state: 'failed' });
  const begin = performance.now();
  await eventually(() => expect(undone).toBeGreaterThan(8), 10_000);
  expect(performance.now() - begin).toBeGreaterThan(1_000);
  engine.onStart = () => undefined;
  await Promise.all(looks);
}, 20_000);

it('what is undone in turn on one replica and the other waits as well, and it is said', async () => {
  let connects = 0;
  const takeOut = (name: string): void => {
    if (engine.named(name)?.networks.includes('nebula')) engine.takeOut(name, 'nebula');
  };
  engine.before = ({ verb, subject }) => {
    if (verb !== 'connect') return;
    connects += 1;
    setImmediate(() => takeOut(subject === 'web-1' ? 'web-2' : 'web-1'));
  };
  takeOut('web-1');
  const { last_error } = await worker.reported({ state: 'failed' });
  expect(last_error?.message).toMatch(/^something undoes again and again .*: connect web-[12] to nebula \(/);
  const begin = performance.now();
  const before = connects;
  await eventually(() => expect(connects).toBeGreaterThan(before + 5), 20_000);
  // Each of the two waits half a second, one and two.
  expect(performance.now() - begin).toBeGreaterThan(1_000);
  engine.before = () => undefined;
}, 40_000);

it('what is undone over and over waits on after a wish to prune, which is granted at once', async () => {
  const connects = (): number => engine.calls.filter(({ verb }) => verb === 'connect').length;
  engine.before = ({ verb }) => {
    if (verb === 'connect')
      setImmediate(() => engine.named('web-1')?.networks.length && engine.takeOut('web-1', 'nebula'));
  };
  engine.takeOut('web-1', 'nebula');
  await eventually(() => expect(connects()).toBe(5), 10_000);
  clock.stop();
  worker.receive(wanted({ revision: 2, spec: { containers_per: { server: 2 } }, tokens: { prune: 2 } }));
  const { last_error } = await worker.reported({ revision: 2, state: 'failed' });
  expect(last_error?.message).toMatch(/^something undoes again and again .*: connect web-1 to nebula \(/);
  await eventually(() => expect(worker.log.text).toContain('prune images'));
  expect(connects()).toBe(5);
  clock.go();
  await eventually(() => expect(connects()).toBe(6), 10_000);
  engine.before = () => undefined;
}, 30_000);
