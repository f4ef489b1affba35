import { describe, expect, it } from '@jest/globals';
import { linesOf } from './load-balancer-lines.mjs';
import type { Measured, Round } from './load-balancer-part.mjs';

function measured(answered: number, failed: number, p50 = 2): Measured {
  return { answered, failed, failures: {}, p50, p99: 3 * p50, seconds: 1, told: [] };
}

function round(changes: Partial<Round> = {}): Round {
  const fine = {
    update: measured(100, 0),
    roll: measured(100, 0),
    up: measured(100, 0),
    down: measured(100, 0),
  };
  return { quiet: measured(50, 0, 1), ...fine, at_once: measured(60, 40), ...changes };
}

const of = (rounds: Round[], what: string) => linesOf(rounds).find((line) => line.what === what);

describe('the figures of a load balancer', () => {
  it('count each request of all rounds, also those that failed', () => {
    const rounds = [round(), round({ roll: measured(98, 2) })];
    expect(of(rounds, 'roll of 4: requests')).toMatchObject({ value: 200, met: null });
    expect(of(rounds, 'roll of 4: failed')).toMatchObject({ value: 2, met: false });
    expect(of(rounds, 'rolling update of 4: failed')).toMatchObject({ value: 0, met: true });
    expect(of(rounds, 'all 4 replaced at once: requests')).toMatchObject({ value: 200 });
  });

  it('allow failures only when all are replaced at once, for comparison', () => {
    const lines = linesOf([round()]);
    expect(lines.filter(({ limit }) => limit !== null).map(({ what }) => what)).toEqual([
      'rolling update of 4: failed',
      'roll of 4: failed',
      '4 scaled to 6: failed',
      '6 scaled to 4: failed',
    ]);
    expect(of([round()], 'all 4 replaced at once: failed')).toMatchObject({ value: 40, met: null });
  });

  it('compare how long an answer takes with a load during which nothing changes', () => {
    const rounds = [round(), round({ up: measured(100, 0, 4) }), round({ up: measured(100, 0, 6) })];
    expect(of(rounds, '4 scaled to 6: p50')).toMatchObject({
      value: 4,
      baseline: 1,
      spread: { min: 2, max: 6 },
    });
    expect(of(rounds, '4 scaled to 6: p99')).toMatchObject({ value: 12, baseline: 3, ratio: 4 });
  });
});
