import { describe, expect, test } from '@jest/globals';
import type { DesiredApp } from './desired.js';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { situation, specOf } from './testing/builders.js';
import { after, back, before, four, fresh, judged, old, ready, remembered } from './testing/updates.js';
import { updateStatus } from './update-status.js';

const status = (desired: DesiredApp, containers: ObservedContainer[], memory: AppMemory) =>
  updateStatus(situation(desired, containers, { memory }));

const bad = fresh(1, { health: 'unhealthy' });

describe('the status of an update', () => {
  test.each<[string, DesiredApp, ObservedContainer[], AppMemory, object]>([
    [
      'under way',
      after,
      [ready(1), fresh(2), old(3), old(4)],
      remembered(after),
      { state: 'rolling', ready: 1, replicas: 4, back_to: null },
    ],
    ['that is done', after, four(ready), remembered(after, after), { state: 'done', ready: 4 }],
    [
      'that is done stays so while a container is missing',
      after,
      [ready(1)],
      remembered(after, after),
      { state: 'done', ready: 1 },
    ],
    [
      'that is paused',
      after,
      [bad, old(2), old(3), old(4)],
      judged(after),
      { state: 'paused', ready: 0, back_to: null },
    ],
    [
      'that is being taken back',
      back,
      [bad, old(2), old(3), old(4)],
      judged(back),
      { state: 'rolling_back', ready: 3, replicas: 4, back_to: 1 },
    ],
    ['that is taken back', back, four(old), judged(back), { state: 'rolled_back', ready: 4, back_to: 1 }],
    [
      'that has nothing to go back to',
      back,
      [bad],
      { ...judged(back), good: null },
      { state: 'paused', back_to: null },
    ],
  ])('%s', (_what, desired, containers, memory, expected) => {
    expect(status(desired, containers, memory)).toMatchObject(expected);
  });

  test('is none of an app that is not to run', () => {
    const stopped = { ...before, spec: { ...specOf(before), running: false } };
    expect(status(stopped, four(old), remembered(stopped))).toBeNull();
    expect(status({ ...before, deleted: true, spec: null }, [], remembered(before))).toBeNull();
  });
});
