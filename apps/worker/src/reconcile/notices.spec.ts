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
const told = withWarnings(first.memory, change ?? creation(specOf(app)), [WARNING]);

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
    const made = withWarnings(first.memory, creation(specOf(app)), [WARNING]);
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
    const memory = after(withWarnings(first.memory, step ?? creation(specOf(app)), ['no swap']), swapless);
    expect(plan(situation(app, [swapless], { memory })).lanes).toEqual([]);
    expect(noticesOf(situation(app, [swapless], { memory }))[0]).toContain('can not limit memory_swap');
  });
});

test('warnings are kept once each, a bounded number of them, and cut', () => {
  const step = creation(specOf(desiredApp()));
  let memory = first.memory;
  for (let n = 0; n < 3; n += 1) memory = withWarnings(memory, step, ['a', 'b'.repeat(5_000)]);
  expect(memory.warnings).toEqual(['a', 'b'.repeat(1_024)]);
  for (let n = 0; n < 50; n += 1) memory = withWarnings(memory, step, [`w${n}`]);
  expect(memory.warnings).toHaveLength(19);
  expect(withWarnings(memory, step, [])).toBe(memory);
});
