import { describe, expect, it } from '@jest/globals';
import { lanesOf } from './lanes.mjs';

const names = (...asked: Parameters<typeof lanesOf>) =>
  lanesOf(...asked).map((lane) => lane.map(({ name }) => name));

describe('the lanes of the tests on real services', () => {
  it('are three for all of them, and one for what has no counterpart', () => {
    expect(names(['integration', 'e2e', 'deploy'], [])).toEqual([
      ['integration', 'e2e', 'e2e-own-services'],
      ['integration-without-engine', 'e2e-outages'],
      ['integration-patient', 'deploy', 'e2e-fleets'],
    ]);
    expect(names(['e2e'], [])).toEqual([['e2e', 'e2e-own-services'], ['e2e-outages'], ['e2e-fleets']]);
    expect(names(['deploy'], [])).toEqual([['deploy']]);
  });

  it('are two where there is one engine alone, on which nothing may run at the same time', () => {
    expect(names(['integration', 'e2e', 'deploy'], [], { oneEngine: true })).toEqual([
      ['integration', 'e2e', 'e2e-own-services', 'integration-patient', 'deploy', 'e2e-fleets'],
      ['integration-without-engine', 'e2e-outages'],
    ]);
  });

  it('have each test once: what one leaves out of a kind is what another takes', () => {
    const parts = lanesOf(['integration', 'e2e', 'deploy'], []).flat();
    for (const { kind, without } of parts.filter((part) => part.without)) {
      const taken = parts.filter((part) => part.kind === kind && part.patterns);
      expect(taken.flatMap(({ patterns }) => patterns)).toEqual(without);
    }
  });

  it('are one for paths that are asked for', () => {
    expect(lanesOf(['integration', 'e2e'], ['apps/worker'])).toEqual([
      [
        { kind: 'integration', name: 'integration', patterns: ['apps/worker'] },
        { kind: 'e2e', name: 'e2e', patterns: ['apps/worker'] },
      ],
    ]);
  });
});
