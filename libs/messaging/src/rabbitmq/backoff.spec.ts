import { afterEach, expect, it, jest } from '@jest/globals';
import { backoffMs } from './backoff.js';

const BACKOFF = { first_ms: 1_000, longest_ms: 120_000 };

afterEach(() => {
  jest.restoreAllMocks();
});

it('grows up to the longest wait, and stays there however long something is away', () => {
  jest.spyOn(Math, 'random').mockReturnValue(1);
  const waits = [0, 1, 2, 6, 7, 8, 1_000, 1_000_000].map((failures) => backoffMs(BACKOFF, failures));
  expect(waits).toEqual([1_000, 2_000, 4_000, 64_000, 120_000, 120_000, 120_000, 120_000]);
});

it('is anything between none and that, so that what failed together comes back apart', () => {
  jest.spyOn(Math, 'random').mockReturnValue(0.25);
  expect(backoffMs(BACKOFF, 50)).toBe(30_000);
});
