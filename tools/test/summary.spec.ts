import { describe, expect, it } from '@jest/globals';
import { summaryOf } from './summary.mjs';

const RUN = { passed: 7, failed: 0, atSecondTry: 0, seconds: 45 * 60 };

describe('the last lines of a run', () => {
  it('are the counts alone where all went as it should', () => {
    expect(summaryOf(RUN)).toEqual(['7 passed, 0 failed']);
  });

  it('say how many files needed a second try', () => {
    expect(summaryOf({ ...RUN, atSecondTry: 2 })).toEqual([
      '2 of the files passed at the second try alone',
      '7 passed, 0 failed',
    ]);
  });

  it('say when it took longer than it should', () => {
    expect(summaryOf({ ...RUN, failed: 1, seconds: 45 * 60 + 1 })).toEqual([
      'The run took 46 minutes, more than the 45 that it should; that is no failure',
      '7 passed, 1 failed',
    ]);
  });
});
