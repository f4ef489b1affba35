import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { formatPlan } from './format-plan.js';
import { learn } from './learn.js';
import { NO_LIMITS } from './limits.js';
import type { AppMemory } from './memory.js';
import { onNewDesired } from './memory-updates.js';
import { noticesOf, withWarnings } from './notices.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import type { Step } from './step.js';
import { desiredApp, NODE, NOW, rightContainer, situation, specOf } from './testing/builders.js';

const MIB = 1024 * 1024;
const WARNING = 'Your kernel does not support pids limit capabilities. PIDs limit discarded.';
const app = desiredApp({ resources: { pids: 50, memory: '64m' } });
/** As the engine leaves a container of the app on a server that can't limit processes. */
const lacking = (more: Partial<ObservedContainer> = {}): ObservedContainer =>
  rightContainer(app, 1, {
    limits: { ...NO_LIMITS, memory: 64 * MIB, memory_swap: 128 * MIB },
    ...more,
  });

function creation(spec: AppSpec): Step {
  const [made] = plan(situation(desiredApp(spec), [])).lanes.flat();
  if (made?.kind !== 'create') throw new Error('Nothing is created.');
  return made;
}

/** What is known after a look. */
function after(memory: AppMemory, container = lacking(), desired = app): AppMemory {
  return learn(situation(desired, [container], { memory }));
}

const first = situation(app, [lacking()]);
const [change] = plan(first).lanes.flat();
const LACKING_ID = lacking().id;
const told = withWarnings(first.memory, change ?? creation(specOf(app)), [WARNING], LACKING_ID);

describe('a limit that the server can not give', () => {
  test('is asked for once, and then told of, in two sentences', () => {
    expect(change).toMatchObject({ kind: 'update-resources', limits: { pids: 50 } });
    const memory = after(told);
    const input = situation(app, [lacking()], { memory });
    expect(formatPlan(plan(input), NOW)).toEqual([]);
    expect(noticesOf(input)).toEqual([
      'resources: this server can not limit pids, so the app runs without that',
      WARNING,
    ]);
  });

  test('is known from a creation as well; what the container has by then can be had', () => {
    const made = withWarnings(first.memory, creation(specOf(app)), [WARNING], LACKING_ID);
    expect(made.denied).toEqual({ pids: 50, memory: 64 * MIB, memory_swap: 128 * MIB });
    expect(after(made).denied).toEqual({ pids: 50 });
    const known = after(made);
    expect(after(known)).toBe(known);
  });

  test('is asked for again when it is another one, and hinders none beside it', () => {
    const other = desiredApp({ resources: { pids: 60, memory: '64m' } });
    const memory = after(told);
    expect(formatPlan(plan(situation(other, [lacking()], { memory })), NOW)).toEqual([
      'update-resources of c1: pids',
    ]);
    expect(noticesOf(situation(other, [lacking()], { memory }))).toEqual([WARNING]);
    const more = desiredApp({ resources: { pids: 50, memory: '128m' } });
    expect(formatPlan(plan(situation(more, [lacking()], { memory })), NOW)).toEqual([
      'update-resources of c1: memory, memory_swap',
    ]);
  });

  test('can be had when a container has it after all', () => {
    const memory = after(after(told), rightContainer(app, 1));
    expect(memory.denied).toEqual({});
  });

  test('stays known over a change, while what the engine said of containers before is forgotten', () => {
    const next = desiredApp(
      { resources: { pids: 50, memory: '64m' }, env_vars: { A: '1' } },
      { revision: 2 },
    );
    const memory = onNewDesired({ ...after(told), subject: 'of before' }, next, NODE);
    expect(noticesOf(situation(next, [], { memory }))).toEqual([
      'resources: this server can not limit pids, so the app runs without that',
    ]);
    expect(noticesOf(situation(desiredApp({ running: false }), [], { memory }))).toEqual([]);
  });

  test('may be the one of swap, beside memory that can be had', () => {
    const swapless = lacking({ limits: { ...NO_LIMITS, pids: 50, memory: 64 * MIB, memory_swap: -1 } });
    const [step] = plan(situation(app, [swapless])).lanes.flat();
    expect(step).toMatchObject({ limits: { memory: 64 * MIB, memory_swap: 128 * MIB } });
    const warned = withWarnings(first.memory, step ?? creation(specOf(app)), ['no swap'], swapless.id);
    const memory = after(warned, swapless);
    expect(plan(situation(app, [swapless], { memory })).lanes).toEqual([]);
    expect(noticesOf(situation(app, [swapless], { memory }))[0]).toContain('can not limit memory_swap');
  });
});

describe('of two containers', () => {
  const pair = desiredApp({ resources: { pids: 50, memory: '64m' }, containers_per: { server: 2 } });
  const { limits } = lacking();
  /** What a look at both teaches. */
  const looked = (memory: AppMemory, containers: ObservedContainer[]) =>
    learn(situation(pair, containers, { memory }));

  test('one that has a limit from before leaves it denied to the other, which is not asked again', () => {
    // The first was made when the kernel could limit processes, the second is made when it can't.
    const containers = [rightContainer(pair, 1), rightContainer(pair, 2, { limits })];
    const [step] = plan(situation(pair, containers)).lanes.flat();
    expect(step).toMatchObject({ kind: 'update-resources', replica: 2, limits: { pids: 50 } });
    const id = containers[1]?.id ?? null;
    const memory = looked(
      withWarnings(first.memory, step ?? creation(specOf(pair)), [WARNING], id),
      containers,
    );
    const input = situation(pair, containers, { memory });
    expect(formatPlan(plan(input), NOW)).toEqual([]);
    expect(noticesOf(input)[0]).toContain('can not limit pids');
    expect(looked(memory, containers)).toBe(memory);
    // Without the second there is none to which it was denied.
    expect(looked(memory, containers.slice(0, 1))).toMatchObject({ denied: {}, lacking: {} });
  });

  test('one that gets a limit, with a warning of something else, denies it to no other', () => {
    const containers = [rightContainer(pair, 1), rightContainer(pair, 2, { limits })];
    const step = creation(specOf(pair));
    const memory = looked(
      withWarnings(first.memory, step, ['no swap'], containers[0]?.id ?? null),
      containers,
    );
    expect(memory).toMatchObject({ denied: {}, lacking: {} });
    expect(formatPlan(plan(situation(pair, containers, { memory })), NOW)).toEqual([
      'update-resources of c2: pids',
    ]);
  });
});

describe('what a server was learned to lack', () => {
  const on = (memory: AppMemory, machine: string | undefined): AppMemory => {
    const input = situation(app, [lacking()], { memory });
    return learn({ ...input, node: { ...NODE, ...(machine === undefined ? {} : { machine }) } });
  };
  const known = on(told, 'boot 1');

  test('counts until the server is started anew or its engine has another version', () => {
    expect(known).toMatchObject({ denied: { pids: 50 }, warnings: [WARNING], machine: 'boot 1' });
    expect(on(known, 'boot 1')).toBe(known);
    expect(on(known, undefined)).toBe(known);
    const memory = on(known, 'boot 2');
    expect(memory).toMatchObject({ denied: {}, lacking: {}, warnings: [], machine: null });
    const input = situation(app, [lacking()], { memory });
    expect(noticesOf(input)).toEqual([]);
    expect(formatPlan(plan(input), NOW)).toEqual(['update-resources of c1: pids']);
  });

  test('is what an earlier program has noted, until then', () => {
    const noted = on({ ...first.memory, denied: { pids: 50 }, warnings: [WARNING] }, 'boot 1');
    expect(noted).toMatchObject({ denied: { pids: 50 }, warnings: [WARNING], machine: 'boot 1' });
    expect(on(noted, 'boot 2')).toMatchObject({ denied: {}, warnings: [] });
  });

  test('is about no machine when there is nothing of it', () => {
    expect(on(first.memory, 'boot 1').machine).toBeNull();
    const empty = on({ ...first.memory, machine: 'boot 1' }, 'boot 2');
    expect(empty.machine).toBeNull();
    // What is learned then is not taken for something of before.
    const again = on(withWarnings(empty, creation(specOf(app)), [WARNING], LACKING_ID), 'boot 2');
    expect(again).toMatchObject({ denied: { pids: 50 }, machine: 'boot 2' });
  });
});

test('warnings are kept once each, a bounded number of them, and cut', () => {
  const step = creation(specOf(desiredApp()));
  let memory = first.memory;
  for (let n = 0; n < 3; n += 1) memory = withWarnings(memory, step, ['a', 'b'.repeat(5_000)], null);
  expect(memory.warnings).toEqual(['a', 'b'.repeat(1_024)]);
  for (let n = 0; n < 50; n += 1) memory = withWarnings(memory, step, [`w${n}`], null);
  expect(memory.warnings).toHaveLength(19);
  expect(withWarnings(memory, step, [], null)).toBe(memory);
});
