import { describe, expect, test } from '@jest/globals';
import { containerKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import { limitsOf } from './limits.js';
import { afterFailure } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import { NOW, specOf } from './testing/builders.js';
import { app, fresh, look, old, ready, remembered, ROLLBACK, ROLLING } from './testing/updates.js';

const update = (settings = ROLLING) => ({
  limited: app('shop:1', settings, { resources: { memory: '64m' } }),
  free: app('shop:1', settings, {}, { revision: 2 }),
});
const { limited, free } = update();
const memory = remembered(free, limited);
const has = (replica: number) => old(replica, {}, limited);
const bad = (more: Partial<ObservedContainer> = {}) => fresh(1, { health: 'unhealthy', ...more }, free);

describe('an update of limits that needs new containers', () => {
  test('is judged as any other', () => {
    expect(look(free, [1, 2, 3, 4].map(has), memory).made).toEqual(['1 shop:1']);
    expect(look(free, [fresh(1, {}, free), has(2), has(3), has(4)], memory).lines).toContainEqual(
      expect.stringContaining('web-1 is not ready yet'),
    );
    expect(look(free, [bad(), has(2), has(3), has(4)], memory).lanes).toEqual(['judge']);
    expect(look(free, [ready(1, free), has(2), has(3), has(4)], memory).made).toEqual(['2 shop:1']);
  });

  test('is not taken for one where the limits are set in place', () => {
    const more = app('shop:1', ROLLING, { resources: { memory: '128m' } }, { revision: 2 });
    const given = { limits: limitsOf(specOf(more)), health: 'unhealthy' as const };
    const containers = [old(1, given, limited), has(2), has(3), has(4)];
    expect(look(more, containers, remembered(more, limited)).lanes).not.toContain('judge');
  });

  test('leaves what was not replaced alone when it is paused', () => {
    const verdict = { revision: 2, reason: 'web-1 is unhealthy', exit_code: null, log: '', at: NOW };
    // Also when nobody is away any more.
    for (const first of [bad(), ready(1, free)]) {
      const paused = look(free, [first, has(2), has(3), has(4)], { ...memory, verdict });
      expect(paused.lanes).toEqual([]);
    }
    expect(look(free, [bad(), has(2), has(3)], { ...memory, verdict }).made).toEqual(['4 shop:1']);
  });

  test('gives the limits back when it is taken back', () => {
    const back = update(ROLLBACK);
    const verdict = { revision: 2, reason: 'web-1 is unhealthy', exit_code: null, log: '', at: NOW };
    const known = { ...remembered(back.free, back.limited), verdict };
    const { lines } = look(back.free, [bad(), has(2), has(3), has(4)], known);
    expect(lines[0]).toBe('update-resources of n1: memory, memory_swap');
  });

  test('fails when its containers can not be made', () => {
    const key = containerKey('create', 1, fingerprint(specOf(free), 1, free.tokens));
    const failed = { key, step: 'create' as const, message: 'bad', terminal: true };
    const then = look(free, [1, 2, 3, 4].map(has), afterFailure(memory, failed, NOW, 0));
    expect(then.memory.verdict?.reason).toBe('create failed for replica 1: bad');
  });
});
