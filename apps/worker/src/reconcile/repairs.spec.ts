import { describe, expect, test } from '@jest/globals';
import { formatPlan } from './format-plan.js';
import { onNewDesired } from './memory-updates.js';
import { type AppMemory, emptyMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { startOf, withStart } from './repairs.js';
import type { Step } from './step.js';
import { desiredApp, NODE, NOW, rightContainer, situation } from './testing/builders.js';

const app = desiredApp({ containers_per: { server: 2 } });
const [first, second] = [rightContainer(app, 1), rightContainer(app, 2)];
const start: Step = { kind: 'start', replica: 1, target: { by: 'id', id: 'c1' } };
const KEY = startOf(start, [start], [first]) ?? '';

/** So many starts of replica 1, one second after the other, the last of them at `NOW`. */
function started(times: number, jitter = 0): AppMemory {
  let memory = emptyMemory();
  for (let n = times - 1; n >= 0; n -= 1) memory = withStart(memory, KEY, NOW - n * 1000, jitter);
  return memory;
}

function linesFor(containers: ObservedContainer[], memory: AppMemory, now: number): string[] {
  const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:1' };
  return formatPlan(plan(situation(app, containers, { memory: { ...memory, pin }, now })), now);
}

describe('a replica that is started again and again', () => {
  test.each([
    [1, 0, 0],
    [2, 0, 0],
    [3, 0, 1_000],
    [4, 0, 2_000],
    [4, 1, 1_000],
    [50, 0, 300_000],
  ])('%i times waits, with jitter %d, %i ms', (times, jitter, wait) => {
    const memory = started(times, jitter);
    const why = `! run: something keeps stopping or removing web-1: it was started ${times} times, and each further start waits longer`;
    if (wait > 0) {
      expect(linesFor([second], memory, NOW)).toEqual([`${why} (again in ${wait} ms)`]);
      expect(linesFor([{ ...first, state: 'exited' }, second], memory, NOW + wait - 1)).toEqual([
        `${why} (again in 1 ms)`,
      ]);
      // It runs, which has yet to last.
      expect(linesFor([first, second], memory, NOW)).toEqual([`${why} (again in ${wait + 5_000} ms)`]);
    }
    expect(linesFor([first, second], memory, NOW + (wait && wait + 5_000))).toEqual([]);
    expect(linesFor([second], memory, NOW + wait)).toEqual(['create web-1 from shop:1 → start the new 1']);
    expect(linesFor([{ ...first, state: 'exited' }, second], memory, NOW + wait)).toEqual(['start c1']);
  });

  test('does not make another replica wait', () => {
    expect(linesFor([first], started(9), NOW)).toContain('create web-2 from shop:1 → start the new 2');
  });

  test('waits no longer after it has run for ten minutes, after a further change, or when the clock was set back', () => {
    const memory = started(9);
    expect(withStart(memory, KEY, NOW + 600_000, 0).starts[KEY]?.times).toBe(1);
    expect(onNewDesired(memory, app, NODE).starts).toEqual({});
    expect(linesFor([second], memory, NOW - 1)).toHaveLength(1);
    expect(linesFor([second], memory, NOW - 1)[0]).toMatch(/^create/);
  });
});

test('a start with a hook is one when the hook has succeeded', () => {
  const hook: Step = { ...start, kind: 'post-start', hook: { command: ['true'] } };
  expect(startOf(start, [start, hook], [first])).toBeNull();
  expect(startOf(hook, [start, hook], [first])).toBe(KEY);
  expect(startOf({ ...start, kind: 'stop' }, [start], [first])).toBeNull();
});
