import { describe, expect, it } from '@jest/globals';
import { inTurn } from './in-turn.mjs';

describe('inTurn', () => {
  it('goes from the first to the last and back', () => {
    expect(inTurn(['a', 'b', 'c'], 3).join('')).toBe('abccbaabc');
  });

  it('gives each the same place in the middle, when it goes and comes back as often', () => {
    const order = inTurn(['a', 'b', 'c'], 16);
    const middleOf = (item: string) =>
      order.flatMap((each, place) => (each === item ? [place] : [])).reduce((sum, place) => sum + place, 0) /
      16;
    expect(['a', 'b', 'c'].map(middleOf)).toEqual([23.5, 23.5, 23.5]);
  });
});
