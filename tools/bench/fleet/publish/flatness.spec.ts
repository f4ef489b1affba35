import { expect, test } from '@jest/globals';
import { flatnessOf } from './flatness.mjs';

function step(consumers: number, confirmed: number, bare: number) {
  const sample = { confirmed, seen: 0, after_write: 0, last: 0, raw_append: bare / 2, raw_write: bare / 2 };
  return { consumers, samples: [sample, { ...sample, confirmed: 2 * confirmed }, sample] };
}

test('what consumers cost is compared with what they cost the bare operations', () => {
  const steps = [step(0, 4, 2), step(100, 100, 100), step(4_000, 6, 4)];
  expect(flatnessOf('SQLite', steps)).toMatchObject([
    {
      what: 'SQLite: request to confirmation, p50, 4000 ÷ 0 consumers',
      ...{ unit: '×', value: 1.5, baseline: 2, ratio: 0.75, met: true },
    },
  ]);
  expect(flatnessOf('SQLite', [step(0, 4, 2), step(4_000, 12, 4)])).toMatchObject([
    { ratio: 1.5, met: false },
  ]);
});

test('one number of consumers says nothing', () => {
  expect(flatnessOf('SQLite', [step(0, 4, 2)])).toEqual([]);
  expect(flatnessOf('SQLite', [])).toEqual([]);
});
