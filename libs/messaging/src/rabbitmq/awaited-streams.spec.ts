import { afterEach, expect, it, jest } from '@jest/globals';
import { AwaitedStreams, RETRY } from './awaited-streams.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/** The longest that each wait of an app can be, seconds. */
function longestWaits(waiting: AwaitedStreams, count: number): number[] {
  jest.spyOn(Math, 'random').mockReturnValue(1);
  jest.spyOn(performance, 'now').mockReturnValue(0);
  return Array.from({ length: count }, () => {
    waiting.wait('shop', null);
    return (waiting.times()[0] ?? 0) / 1_000;
  });
}

it('an app whose stream never came is looked for once in a minute at last', () => {
  expect(longestWaits(new AwaitedStreams(RETRY), 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
});

it('one whose stream was there is looked for every few seconds, for about ten minutes', () => {
  const waiting = new AwaitedStreams(RETRY);
  waiting.came('shop');
  const waits = longestWaits(waiting, 121);
  expect(waits.slice(0, 7)).toEqual([1, 2, 4, 8, 10, 10, 10]);
  expect(Math.max(...waits.slice(0, 120))).toBe(10);
  expect(waits.at(-1)).toBe(60);
  waiting.came('shop');
  expect(longestWaits(waiting, 6).at(-1)).toBe(10);
});

it('one that was taken off the list is like one that never came when it is put back', () => {
  const waiting = new AwaitedStreams(RETRY);
  waiting.came('shop');
  waiting.keepOnly(new Set());
  expect(longestWaits(waiting, 7).at(-1)).toBe(60);
});
