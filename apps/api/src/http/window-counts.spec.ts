import { expect, it } from '@jest/globals';
import { WindowCounts } from './window-counts.js';

let now = 0;

function counts(limit: number, remembered?: number): WindowCounts {
  now = 0;
  return new WindowCounts(limit, 100, () => now, remembered);
}

it('allows so many of a key in a window, which begins with the first of them', () => {
  const windows = counts(2);
  now = 30;
  expect([windows.count('a'), windows.count('a'), windows.count('a')]).toEqual([0, 0, 100]);
  now = 129;
  expect(windows.count('a')).toBe(1);
  expect(windows.count('b')).toBe(0);
  now = 130;
  expect([windows.count('a'), windows.count('a'), windows.count('a')]).toEqual([0, 0, 100]);
  expect([windows.count('b'), windows.count('b')]).toEqual([0, 99]);
});

it('forgets the key whose window has begun first when there are too many, and no other', () => {
  const windows = counts(1, 2);
  for (const key of ['a', 'b', 'a', 'c']) windows.count(key);
  expect([windows.count('b'), windows.count('c')]).toEqual([100, 100]);
  expect(windows.count('a')).toBe(0);
});
