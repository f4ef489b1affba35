import { describe, expect, it } from '@jest/globals';
import { median, percentile, summarize } from './statistics.mjs';

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('median', () => {
  it('is the middle by value, not by place or by text', () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  it('is the mean of the two middle samples of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('refuses no samples', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('percentile', () => {
  it.each([
    [0, 1],
    [1, 1],
    [50, 50],
    [99, 99],
    [99.5, 100],
    [100, 100],
  ])('takes the nearest rank: %d %% of 1 to 100 is %d', (percent, expected) => {
    expect(percentile(oneToHundred, percent)).toBe(expected);
  });

  it('answers the only sample for every percentage', () => {
    expect([percentile([7], 0), percentile([7], 50), percentile([7], 100)]).toEqual([7, 7, 7]);
  });
});

describe('summarize', () => {
  it('has the spread, and the samples as they came', () => {
    const samples = [3, 1, 2];
    expect(summarize(samples)).toEqual({ median: 2, min: 1, max: 3, samples: [3, 1, 2] });
    expect(samples).toEqual([3, 1, 2]);
  });
});
