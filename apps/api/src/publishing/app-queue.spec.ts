import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { Clock } from '../clock.js';
import { AppQueue } from './app-queue.js';

/** Chance always takes the longest. */
class UnluckyClock extends Clock {
  override random(): number {
    return 1;
  }
}

const BACKOFF = { first_backoff: 200, longest_backoff: 10_000 };

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
});

/** Lets time pass, with the turns that an attempt takes. */
async function pass(milliseconds: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(milliseconds);
  for (let count = 0; count < 3; count += 1) await turn();
}

it('what fails for hours is tried again to the end, no less often than at the longest wait', async () => {
  let attempts = 0;
  let works = false;
  const queue = new AppQueue(
    async () => {
      attempts += 1;
      return works;
    },
    BACKOFF,
    new UnluckyClock(),
  );
  queue.add('shop');
  await pass(0);
  // So many failures in a row that a doubled wait would be no number any more.
  for (let count = 0; count < 1_200; count += 1) await pass(10_000);
  expect(attempts).toBeGreaterThanOrEqual(1_200);
  expect(queue.size).toBe(1);
  works = true;
  await pass(10_000);
  expect(queue.size).toBe(0);
  // And the next failure waits shortly again.
  works = false;
  const before = attempts;
  queue.add('shop');
  await pass(0);
  await pass(200);
  expect(attempts).toBe(before + 2);
  await queue.stop();
});

it('what was nudged is worked on to the end once it finishes, and nothing else', async () => {
  const begun: string[] = [];
  const queue = new AppQueue(
    async (appName) => {
      begun.push(appName);
      return appName !== 'bad';
    },
    BACKOFF,
    new UnluckyClock(),
  );
  queue.add('bad');
  await pass(0);
  const nudged = Array.from({ length: 20 }, (_, index) => `nudged-${index}`);
  const compared = Array.from({ length: 20 }, (_, index) => `compared-${index}`);
  for (const appName of nudged) queue.nudge(appName);
  for (const appName of compared) queue.add(appName);
  const finished = queue.finish();
  queue.nudge('late');
  queue.add('too-late');
  await finished;
  expect(begun).toEqual(['bad', ...nudged, 'late']);
  expect(queue.size).toBe(0);
  // A failure isn't tried again either.
  await pass(10_000);
  expect(begun).toHaveLength(22);
});
