import { describe, expect, it } from '@jest/globals';
import { chooseParallelism } from './best-parallelism.mjs';

const trial = (parallelism: number, first_start: number[], replacement: number[]) => ({
  parallelism,
  first_start,
  replacement,
});

describe('chooseParallelism', () => {
  it('takes the fastest by the sum of both medians', () => {
    expect(chooseParallelism([trial(2, [10], [20]), trial(4, [8], [12]), trial(8, [5], [18])])).toBe(4);
  });

  it('takes a lower one that is as good within the tolerance, wherever it stands', () => {
    expect(chooseParallelism([trial(8, [10], [10]), trial(4, [10], [10.9])])).toBe(4);
    expect(chooseParallelism([trial(8, [10], [10]), trial(4, [10], [11.1])])).toBe(8);
  });

  it('is not moved by one slow round', () => {
    expect(chooseParallelism([trial(4, [8, 90, 8], [12, 12, 12]), trial(8, [9, 9, 9], [14, 14, 14])])).toBe(
      4,
    );
  });
});
