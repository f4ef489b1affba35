import { beforeEach, expect, test } from '@jest/globals';
import { Clock } from '../clock.js';
import { desiredApp, rightContainer } from '../reconcile/testing/builders.js';
import type { Step } from '../reconcile/step.js';
import { RepeatGuard } from './repeat-guard.js';

/** It goes on only when it is told to, and draws the longest waits. */
class SteppedClock extends Clock {
  time = 1_000_000;

  override now(): number {
    return this.time;
  }

  override random(): number {
    return 0;
  }
}

const app = desiredApp();

let clock: SteppedClock;
let guard: RepeatGuard;

beforeEach(() => {
  clock = new SteppedClock();
  guard = new RepeatGuard(clock);
});

/** A container of another id each time is renamed. */
function round(n: number) {
  const container = rightContainer(app, 1, { id: `${n}`.padStart(64, 'a'), name: 'stray' });
  const step: Step = { kind: 'rename', replica: 1, target: { by: 'id', id: container.id }, name: 'web-1' };
  return { lanes: [[step]], containers: [container] };
}

const containers = [1, 2].map((n) => rightContainer(app, n, { id: `${n}`.padStart(64, 'a') }));

/** A replica has lost its network. */
function connect(replica: number): Step[] {
  const id = containers[replica - 1]?.id ?? '';
  return [{ kind: 'connect', replica, target: { by: 'id', id }, network: 'nebula', aliases: [] }];
}

/** Looks at what is planned, and does what is due. Answers how long the rest waits. */
function work(...lanes: Step[][]): number {
  guard.look(lanes, containers);
  const due = guard.due(lanes, containers);
  guard.done(due.lanes, containers);
  return due.wait;
}

test('the same steps on containers that are made anew each time are the same', () => {
  for (let n = 1; n <= 3; n += 1) {
    const given = round(n);
    expect(guard.due(given.lanes, given.containers)).toEqual({ lanes: given.lanes, wait: 0 });
    guard.done(given.lanes, given.containers);
  }
  const given = round(4);
  expect(guard.due(given.lanes, given.containers)).toEqual({ lanes: [], wait: 1_000 });
  expect(guard.trouble(given.lanes, given.containers)).toMatchObject({
    step: 'run',
    message: 'something undoes again and again what is done here: rename stray to web-1 (3 times)',
    retry_at: clock.time + 1_000,
  });
});

test('other steps do not wait', () => {
  for (let n = 1; n <= 3; n += 1) {
    const given = round(n);
    guard.done(given.lanes, given.containers);
  }
  const [stray] = round(4).containers;
  const target = { by: 'id' as const, id: stray?.id ?? '' };
  const other: Step[][] = [[{ kind: 'rename', replica: 1, target, name: 'web-1.moved-0' }]];
  expect(guard.due(other, stray ? [stray] : [])).toEqual({ lanes: other, wait: 0 });
});

test('steps that are undone in turn wait as well, ever longer, and it is said', () => {
  let done = 0;
  for (const end = clock.time + 60_000; clock.time < end; clock.time += 50) {
    const lane = connect(1 + ((clock.time / 50) % 2));
    if (work(lane) === 0) done += 1;
    expect(guard.trouble([lane], containers) !== null).toBe(done >= 5);
  }
  // Three of each at once, and then after 1, 2, 4, 8, 16 seconds.
  expect(done).toBeLessThanOrEqual(2 * 8);
  expect(done).toBeGreaterThan(2 * 6);
  expect(guard.trouble([], containers)?.message).toMatch(
    /^something undoes again and again what is done here: connect web-[12] to nebula \([78] times\); with it 1 more$/,
  );
});

test('a lane that waits holds up none beside it', () => {
  for (let n = 1; n <= 3; n += 1) expect(work(connect(1))).toBe(0);
  const due = guard.due([connect(1), connect(2)], containers);
  expect(due).toEqual({ lanes: [connect(2)], wait: 1_000 });
});

test('equal lanes of one plan are done once, and wait together from the third time on', () => {
  // Three leftovers of one replica, by which none can be told from another.
  const leftovers = [1, 2, 3].map((n) => rightContainer(app, 1, { id: `${n}`.padStart(64, 'b') }));
  const lanes = leftovers.map(({ id }): Step[] => [{ kind: 'remove', replica: 1, target: { by: 'id', id } }]);
  for (let n = 1; n <= 3; n += 1) {
    expect(guard.due(lanes, leftovers)).toEqual({ lanes, wait: 0 });
    expect(guard.trouble(lanes, leftovers)).toBeNull();
    guard.done(lanes, leftovers);
  }
  expect(guard.due(lanes, leftovers)).toEqual({ lanes: [], wait: 1_000 });
  expect(guard.trouble(lanes, leftovers)?.message).toContain('(3 times)');
});

test('what has lasted counts anew, and what was not planned meanwhile alone has lasted', () => {
  for (let n = 1; n <= 3; n += 1) work(connect(1));
  const last = clock.time;
  clock.time += 1;
  work();
  // Twice the wait, and five seconds.
  expect(guard.trouble([], containers)).toMatchObject({ retry_at: last + 7_000 });
  clock.time = last + 6_999;
  expect(guard.trouble([], containers)).not.toBeNull();
  clock.time = last + 7_000;
  work();
  expect(guard.trouble([], containers)).toBeNull();
  for (let n = 1; n <= 3; n += 1) expect(work(connect(1))).toBe(0);
  // Nobody has looked for an hour, and it is still to be done.
  clock.time += 3_600_000;
  expect(work(connect(1))).toBe(0);
  expect(guard.due([connect(1)], containers)).toMatchObject({ lanes: [], wait: 2_000 });
});

test('a clock that was set back lets nothing wait', () => {
  for (let n = 1; n <= 3; n += 1) work(connect(1));
  clock.time -= 3_600_000;
  expect(guard.due([connect(1)], containers)).toMatchObject({ wait: 0 });
});
