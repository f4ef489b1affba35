import { expect, test } from '@jest/globals';
import { NO_TOKENS } from '@nebula/contracts';
import { formatPlan } from './format-plan.js';
import { plan } from './plan.js';
import { desiredApp, NOW, rightContainer, situation } from './testing/builders.js';

const wished = { ...desiredApp({ containers_per: { server: 1 } }), tokens: { ...NO_TOKENS, prune: 7 } };
const failure = {
  ...{ step: 'prune' as const, message: 'the images can not be listed', attempts: 1, terminal: false },
  ...{ failed_at: NOW - 1_000, retry_at: NOW + 4_000 },
};

function linesAt(now: number): string[] {
  const input = situation(wished, [rightContainer(wished, 1)]);
  const memory = { ...input.memory, failures: { 'prune 7': failure } };
  return formatPlan(plan({ ...input, memory, now }), now);
}

test('a prune that has failed waits for its time, and is a problem meanwhile', () => {
  expect(linesAt(NOW)).toEqual([expect.stringMatching(/^! prune: the images can not be listed/)]);
});

test('it is tried again when its time has come, and stays a problem until it has succeeded', () => {
  expect(linesAt(failure.retry_at)).toEqual([
    expect.stringMatching(/^prune/),
    expect.stringMatching(/^! prune: the images can not be listed/),
  ]);
});
