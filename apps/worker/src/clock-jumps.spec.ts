import { expect, test } from '@jest/globals';
import { Clock } from './clock.js';
import { ClockJumps } from './clock-jumps.js';

const HOUR = 3_600_000;
const BEGIN = 1_000_000_000;

/** A clock at BEGIN that goes on by hand. */
class HandClock extends Clock {
  passed = 0;
  shift = 0;

  override now(): number {
    return BEGIN + this.passed + this.shift;
  }

  override steady(): number {
    return this.passed;
  }
}

/** Goes on for so many milliseconds, then looks. */
function worker() {
  const clock = new HandClock();
  const jumps = new ClockJumps(clock);
  const pass = (duration: number, shift = 0): void => {
    clock.passed += duration;
    clock.shift += shift;
    jumps.look();
  };
  const age = (time: number): number => clock.now() - jumps.asOfNow(time);
  return { clock, jumps, pass, age };
}

test('without a jump every time stays what it is', () => {
  const { clock, pass, age } = worker();
  for (let n = 0; n < 10; n += 1) pass(300_000, n % 2 === 0 ? 100 : -100);
  for (const time of [1, BEGIN - HOUR, BEGIN + 60_000, clock.now(), clock.now() + HOUR])
    expect(age(time)).toBe(clock.now() - time);
});

test.each([
  ['forwards', 7 * HOUR],
  ['backwards', -7 * HOUR],
  ['forwards by little', 20_000],
])('a jump %s changes no age', (_direction, jump) => {
  const { clock, pass, age } = worker();
  pass(60_000);
  const before = clock.now();
  pass(30_000, jump);
  const after = clock.now();
  expect(age(before)).toBe(30_000);
  expect(age(before - 10_000)).toBe(40_000);
  pass(5_000);
  expect(age(before)).toBe(35_000);
  expect(age(after)).toBe(5_000);
  expect(age(clock.now())).toBe(0);
});

test.each([
  ['forwards', 7 * HOUR],
  ['backwards', -7 * HOUR],
])(
  'what was noted right before a jump %s, by a clock that was led since the last look, keeps its age',
  (_direction, jump) => {
    const { clock, pass, age } = worker();
    pass(60_000);
    clock.passed += 30_000;
    clock.shift += 400;
    const noted = clock.now();
    pass(1, jump);
    pass(5_000);
    // As well as it can be known.
    expect(Math.abs(age(noted) - 5_001)).toBeLessThanOrEqual(400);
  },
);

test('what may be from before or after a jump back is taken for the later of both', () => {
  const { clock, pass, age } = worker();
  pass(60_000);
  const before = clock.now();
  pass(30_000, -20_000);
  expect(age(before)).toBe(10_000);
  expect(age(before - 30_000)).toBe(60_000);
  pass(15_000);
  expect(age(before + 5_000)).toBe(20_000);
});

test('several jumps, also one that takes back the one before, change none either', () => {
  const { clock, pass, age } = worker();
  const first = clock.now();
  pass(10_000, 7 * HOUR);
  const second = clock.now();
  pass(10_000, -7 * HOUR);
  const third = clock.now();
  pass(10_000, 60_000);
  expect([first, second, third].map(age)).toEqual([30_000, 20_000, 10_000]);
});

test('what no clock has said, as of an engine elsewhere, is as old as the jump at most', () => {
  const { clock, pass, age } = worker();
  pass(1_000, HOUR);
  pass(4_000);
  expect(age(BEGIN + HOUR / 2)).toBe(4_000);
  expect(age(clock.now() + 10_000)).toBe(-10_000);
});

test.each([
  ['while nobody looked', 0, 7 * HOUR],
  ['before, which the one before had noticed', -7 * HOUR, 0],
  ['both', 7 * HOUR, -7 * HOUR],
])('another process goes on with what the one before knew of jumps: %s', (_when, before, meanwhile) => {
  const { clock, jumps, pass } = worker();
  const noted = clock.now();
  pass(10_000, before);
  pass(5_000);
  const known = JSON.parse(JSON.stringify(jumps.known)) as typeof jumps.known;
  clock.passed += 20_000;
  clock.shift += meanwhile;
  const next = new ClockJumps(clock);
  next.continueFrom(known);
  expect(clock.now() - next.asOfNow(noted)).toBe(35_000);
  expect(clock.now() - next.asOfNow(clock.now() - 1_000)).toBe(1_000);
  clock.passed += 5_000;
  next.look();
  expect(clock.now() - next.asOfNow(noted)).toBe(40_000);
});

test('a jump is told of, and a look without one is not', () => {
  const { jumps, pass } = worker();
  let told = 0;
  jumps.onJump = () => {
    told += 1;
    expect(jumps.known.spans).toHaveLength(told);
  };
  for (const shift of [0, HOUR, 0, -HOUR]) pass(1_000, shift);
  expect(told).toBe(2);
});

test('very many jumps are no burden', () => {
  const { clock, pass, age } = worker();
  for (let n = 0; n < 500; n += 1) pass(1_000, n % 2 === 0 ? HOUR : -HOUR);
  const now = clock.now();
  pass(1_000, HOUR);
  expect(age(now)).toBe(1_000);
});
