import { expect, test } from '@jest/globals';
import { emptyMemory } from './memory.js';
import { afterFailure, withHold } from './memory-updates.js';
import { withStart } from './repairs.js';
import { retimed } from './retimed.js';

const HOUR = 3_600_000;
/** The clock of before was an hour late. */
const later = (time: number): number => time + HOUR;

test('every time of a memory is as old, or as far away, as it was', () => {
  const failed = { key: 'k', step: 'pull', message: 'm', terminal: false } as const;
  const noted = withStart(
    withHold(afterFailure(emptyMemory(), failed, 5_000, 0), 60, 7_000, 0.5),
    's',
    8_000,
    0,
  );
  const memory = {
    ...noted,
    verdict: { revision: 2, reason: 'r', exit_code: null, log: '', at: 6_000 },
    unhealthy: {
      a: { since: 9_000, attempts: 1, restarts: 2 },
      b: { since: null, attempts: 0, restarts: 1 },
    },
    crashes: { a: { restart_count: 3, times: 2, exit_code: 1, at: 4_000 } },
  };
  const moved = retimed(memory, later);
  expect(moved).toMatchObject({
    failures: { k: { since: 5_000 + HOUR, failed_at: 5_000 + HOUR, retry_at: 6_000 + HOUR, attempts: 1 } },
    hold: { from: 7_000 + HOUR, until: 37_000 + HOUR },
    verdict: { at: 6_000 + HOUR, reason: 'r' },
    unhealthy: { a: { since: 9_000 + HOUR, restarts: 2 }, b: { since: null } },
    crashes: { a: { at: 4_000 + HOUR, times: 2 } },
    starts: { s: { at: 8_000 + HOUR, wait_until: 8_000 + HOUR, times: 1 } },
  });
  expect(retimed(memory, (time) => time)).toEqual(memory);
  expect(retimed(emptyMemory(), later)).toEqual(emptyMemory());
});

test('a start that no other one has to wait for stays so, whatever fractions a clock has', () => {
  const memory = withStart(emptyMemory(), 's', 1_764_304_447_996, 0);
  for (let n = 0; n < 50; n += 1) {
    const { s } = retimed(memory, (time) => time + 25_200_000.000_7 * n).starts;
    expect(s?.wait_until).toBe(s?.at);
  }
});
