import { describe, expect, it } from '@jest/globals';
import { isTooFull, usedPercent } from './disk-usage.js';

const LIMITS = { high_percent: 85, low_percent: 80 };

/** Percent used, of 1000 bytes. */
function disk(percent: number): { used: number; available: number } {
  return { used: percent * 10, available: 1_000 - percent * 10 };
}

describe('isTooFull', () => {
  it.each([
    [84.9, false, false],
    [85, false, true],
    [100, false, true],
    // What has begun goes on below the limit at which it began.
    [84.9, true, true],
    [80, true, true],
    [79.9, true, false],
    [0, true, false],
  ])('at %d %, collecting %s: %s', (percent, isCollecting, expected) => {
    expect(isTooFull(disk(percent), LIMITS, isCollecting)).toBe(expected);
  });
});

describe('usedPercent', () => {
  it.each([
    ['what is kept for root does not count', { used: 850, available: 50 }, 94],
    ['a file system without blocks has nothing to free', { used: 0, available: 0 }, 0],
  ])('%s', (_what, usage, expected) => {
    expect(Math.round(usedPercent(usage))).toBe(expected);
  });
});
