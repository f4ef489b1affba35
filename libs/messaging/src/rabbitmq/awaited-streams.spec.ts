import { afterEach, expect, it, jest } from '@jest/globals';
import { AwaitedStreams, RETRY } from './awaited-streams.js';

afterEach(() => {
  jest.restoreAllMocks();
});

/** The longest that each wait of an app can be, seconds. */
function longestWaits(waiting: AwaitedStreams, count: number, problem: string | null = null): number[] {
  jest.spyOn(Math, 'random').mockReturnValue(1);
  jest.spyOn(performance, 'now').mockReturnValue(0);
  return Array.from({ length: count }, () => {
    waiting.wait('shop', problem);
    return (waiting.times().at(-1) ?? 0) / 1_000;
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

it.each([
  [1, 20],
  [3, 40],
  [9, 60],
])(
  'where %d more are missing each is looked for every %d s, so that all of them cost the same',
  (others, wait) => {
    const waiting = new AwaitedStreams(RETRY);
    for (let other = 0; other < others; other += 1) {
      waiting.came(`other-${other}`);
      waiting.wait(`other-${other}`, null);
      // Never came, and is looked for once in a minute anyway.
      waiting.wait(`listed-${other}`, null);
    }
    waiting.came('shop');
    expect(longestWaits(waiting, 8).at(-1)).toBe(wait);
  },
);

it('one that was there and can not be read is looked for once in a minute at last', () => {
  const waiting = new AwaitedStreams(RETRY);
  waiting.came('shop');
  expect(longestWaits(waiting, 8, 'the stream has no leader').at(-1)).toBe(60);
});

it('one that is there again and can not be read yet is looked for soon at first', () => {
  const waiting = new AwaitedStreams(RETRY);
  waiting.came('shop');
  longestWaits(waiting, 8);
  expect(longestWaits(waiting, 3, 'the stream has no leader')).toEqual([1, 2, 4]);
});

it('one that was taken off the list is like one that never came when it is put back', () => {
  const waiting = new AwaitedStreams(RETRY);
  waiting.came('shop');
  waiting.keepOnly(new Set());
  expect(longestWaits(waiting, 7).at(-1)).toBe(60);
});

it('one that is found is waited for no more, but for what has kept it from being read, which may do so again', () => {
  const waiting = new AwaitedStreams(RETRY);
  longestWaits(waiting, 2);
  waiting.found('shop');
  expect(waiting.times()).toEqual([]);
  longestWaits(waiting, 2, 'there is no answer');
  waiting.found('shop');
  expect(longestWaits(waiting, 1, 'there is no answer')).toEqual([4]);
});

it('those whose waits are over have their turns in the order in which these ended', () => {
  const waiting = new AwaitedStreams(RETRY);
  longestWaits(waiting, 2);
  waiting.wait('web', null);
  waiting.wait('late', null);
  for (let count = 0; count < 5; count += 1) waiting.wait('late', null);
  expect(waiting.due(['shop', 'late', 'web', 'new'], 10_000)).toEqual(['new', 'web', 'shop']);
});
