import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { backoffMs, reconnectMs } from './backoff.js';
import { API_RECONNECT, DEFAULT_RECONNECT } from './rabbit-options.js';

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

describe('the waits for a connection', () => {
  const limits = (reconnect: typeof DEFAULT_RECONNECT, hadOne: boolean) => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    return [0, 1, 2, 3, 4, 5, 6, 7].map((failures) => reconnectMs(reconnect, failures, hadOne) / 1_000);
  };

  it('of a worker are short until there was one, and spread ten seconds from then on', () => {
    expect(limits(DEFAULT_RECONNECT, false)).toEqual([1, 2, 4, 8, 16, 32, 64, 120]);
    expect(limits(DEFAULT_RECONNECT, true)).toEqual([10, 10, 10, 10, 16, 32, 64, 120]);
  });

  it('of an api are short, and none is longer than the longest', () => {
    expect(limits(API_RECONNECT, true)).toEqual([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]);
    const longest_ms = 2_000;
    expect(limits({ ...DEFAULT_RECONNECT, longest_ms }, true)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it('of a fleet that loses its node come evenly in these ten seconds', () => {
    const waits = Array.from({ length: 10_000 }, () => reconnectMs(DEFAULT_RECONNECT, 0, true));
    const perSecond = Array.from({ length: 10 }, (_, second) =>
      waits.filter((ms) => Math.floor(ms / 1_000) === second),
    );
    // 1,000 each, by chance: eight times their standard deviation, which is 30.
    for (const { length } of perSecond) expect(Math.abs(length - 1_000)).toBeLessThan(240);
  });
});
