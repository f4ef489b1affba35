import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Hearing } from './hearing.js';

const INTERVAL_MS = 60_000;

/** How many messages wait in the queue; null when that is not answered. */
let waiting: number | null;
let hearing: Hearing;

async function pass(seconds: number, each: () => void = () => undefined): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    each();
    await jest.advanceTimersByTimeAsync(1_000);
  }
}

function give(messages: number): void {
  for (let n = 0; n < messages; n += 1) hearing.gave();
}

beforeEach(() => {
  jest.useFakeTimers();
  waiting = 0;
  hearing = new Hearing(
    async () => (waiting === null ? await new Promise<number>(() => undefined) : waiting),
    INTERVAL_MS,
  );
  hearing.begin();
});

afterEach(() => {
  hearing.end();
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

it('hears while nothing is said, and counts from its begin', async () => {
  await pass(600);
  expect(hearing.listenedMs()).toBe(600_000);
});

it('hears all the time under a load with which it keeps up, though it always has some in hand', async () => {
  let second = 0;
  give(100);
  await pass(600, () => {
    // Now and then some wait just when it is asked.
    waiting = second % 3 === 0 ? 40 : 0;
    second += 1;
    give(100);
    hearing.done(100);
    expect(hearing.listenedMs()).toBe((second - 1) * 1_000);
  });
});

it('does not hear while messages wait, however many it handles', async () => {
  await pass(600);
  waiting = 5_000;
  await pass(10, () => {
    give(250);
    hearing.done(250);
  });
  expect(hearing.listenedMs()).toBeNull();
});

it('does not hear while it has in hand what it was given long ago', async () => {
  give(250);
  hearing.done(249);
  await pass(10);
  expect(hearing.listenedMs()).toBeNull();
  hearing.done(1);
  await pass(2);
  expect(hearing.listenedMs()).toBe(12_000);
});

it('does not hear while the broker does not answer', async () => {
  waiting = null;
  await pass(10);
  expect(hearing.listenedMs()).toBeNull();
});

it('has heard all when it was behind for less than an interval', async () => {
  await pass(600);
  waiting = 5_000;
  await pass(40);
  waiting = 0;
  await pass(10);
  expect(hearing.listenedMs()).toBe(650_000);
});

it('counts anew when it was behind for an interval', async () => {
  await pass(600);
  waiting = 5_000;
  await pass(70);
  expect(hearing.listenedMs()).toBeNull();
  waiting = 0;
  await pass(10);
  expect(hearing.listenedMs()).toBeLessThanOrEqual(10_000);
  await pass(600);
  expect(hearing.listenedMs()).toBeGreaterThanOrEqual(600_000);
});

it('hears all the time where workers report as often as it asks', async () => {
  hearing.end();
  hearing = new Hearing(async () => 0, 1_000);
  hearing.begin();
  await pass(60);
  expect(hearing.listenedMs()).toBe(60_000);
});

it('hears nothing when the consumer has ended, also where it ends while it begins', async () => {
  hearing.end();
  expect(hearing.listenedMs()).toBeNull();
  hearing.begin();
  await pass(10);
  expect(hearing.listenedMs()).toBeNull();
});
