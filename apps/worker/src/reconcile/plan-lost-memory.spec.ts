import { describe, expect, test } from '@jest/globals';
import { containerKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import { afterFailure, onNewDesired } from './memory-updates.js';
import { emptyMemory } from './memory.js';
import { NOW, specOf, tokens } from './testing/builders.js';
import { after, app, four, fresh, look, NODE, old, ready, ROLLING } from './testing/updates.js';

const pin = { image: 'shop:2', release: 0, image_id: 'id of shop:2' };
const once = app('shop:2', { ...ROLLING, strategy: 'all_at_once' }, {}, { revision: 2 });
const rolled = { ...once, tokens: tokens({ roll: 2 }) };
/** What a worker without a state folder knows when the feed tells it this. */
const lost = (desired = after) => onNewDesired({ ...emptyMemory(), pin }, desired, NODE);

describe('a worker that has lost its memory', () => {
  test.each([
    ['is unhealthy', { health: 'unhealthy' as const }],
    ['ends again and again', { restart_count: 9, state: 'restarting' as const }],
    ['was not ready for long', { health: 'starting' as const, started_at: NOW - 900_000 }],
  ])('takes no container that it finds for one of an update, when it %s', (_how, bad) => {
    for (const desired of [after, rolled]) {
      const containers = [fresh(1, bad, desired), ...[2, 3, 4].map((replica) => ready(replica, desired))];
      const { lanes, lines, memory } = look(desired, containers, lost(desired));
      expect(lanes).toEqual([]);
      expect(lines.join('\n')).not.toContain('update');
      // It does not matter for how long it stays so.
      expect(look(desired, containers, memory).lanes).toEqual([]);
      expect(memory.verdict).toBeNull();
    }
  });

  test('says of none that it is not ready yet', () => {
    expect(look(after, four(fresh), lost()).lines).toEqual([]);
  });

  test('takes the failed start of what it finds for no failed update', () => {
    const ended = fresh(1, { state: 'exited', started_at: NOW - 900_000 });
    const containers = [ended, ready(2), ready(3), ready(4)];
    const { memory } = look(after, containers, lost());
    const key = containerKey('start', 1, fingerprint(specOf(after), 1, after.tokens));
    const failed = { key, step: 'start' as const, message: 'exec: not found', terminal: true };
    const then = look(after, containers, afterFailure(memory, failed, NOW, 0));
    expect(then.memory.verdict).toBeNull();
    expect(then.lines).toEqual([expect.stringMatching(/^! start: exec: not found/)]);
  });

  test('rolls no later change for a roll that was done, though the app never was well since', () => {
    const containers = [fresh(1, { health: 'unhealthy' }, rolled), ...[2, 3, 4].map((n) => ready(n, rolled))];
    const { memory } = look(rolled, containers, lost(rolled));
    expect(memory.rolling).toBe(false);
    const next = { ...rolled, revision: 3, spec: { ...specOf(rolled), env_vars: { A: 'b' } } };
    expect(look(next, containers, onNewDesired(memory, next, NODE)).made).toHaveLength(4);
  });

  test('rolls on where a roll, or nobody knows what, is not done yet', () => {
    const containers = [ready(1, rolled), ...[2, 3, 4].map((n) => ready(n, once))];
    const { memory, made } = look(rolled, containers, lost(rolled));
    expect(made).toEqual(['2 shop:2']);
    expect(memory.rolling).toBe(true);
  });

  test('judges what it makes itself, and what it finds of an update that is under way', () => {
    const memory = look(after, four(old), lost()).memory;
    const bad = fresh(1, { health: 'unhealthy' });
    expect(look(after, [bad, old(2), old(3), old(4)], memory).lanes).toEqual(['judge']);
    expect(look(after, [bad, old(2), old(3), old(4)], lost()).lanes).toEqual(['judge']);
  });

  test('judges what is made anew in the place of what it has found', () => {
    const first = look(after, four(ready), lost()).memory;
    const next = app('shop:2', ROLLING, { env_vars: { A: 'b' } }, { revision: 3 });
    const bad = fresh(1, { id: 'made', health: 'unhealthy' }, next);
    const memory = onNewDesired(first, next, NODE);
    expect(look(next, [bad, ready(2), ready(3), ready(4)], memory).lanes).toEqual(['judge']);
    expect(look(next, [bad], memory).memory.found).toEqual([]);
  });
});
