import { describe, expect, it } from '@jest/globals';
import { replicaGaps } from './replica-gaps.mjs';

type Event = Parameters<typeof replicaGaps>[0][number];

const event = (action: Event['action'], id: string, replica: string, at: number): Event => ({
  action,
  id,
  replica,
  at,
});

describe('replicaGaps', () => {
  it('measures from the end of the old container to the start of the new one of the same replica', () => {
    const events = [
      event('die', 'old-1', '1', 100),
      event('die', 'old-2', '2', 110),
      event('start', 'new-2', '2', 300),
      event('start', 'new-1', '1', 150),
    ];
    expect(replicaGaps(events).sort((a, b) => a - b)).toEqual([50, 190]);
  });

  it('takes a container that is started again for no replacement', () => {
    expect(replicaGaps([event('die', 'a', '1', 1), event('start', 'a', '1', 5)])).toEqual([]);
  });

  it('has no gap for a first start or a last end', () => {
    expect(replicaGaps([event('start', 'a', '1', 1), event('die', 'a', '1', 5)])).toEqual([]);
  });

  it('counts a replica once for each time that it was replaced', () => {
    const events = [
      event('die', 'a', '1', 0),
      event('start', 'b', '1', 10),
      event('die', 'b', '1', 100),
      event('start', 'c', '1', 130),
    ];
    expect(replicaGaps(events)).toEqual([10, 30]);
  });
});
