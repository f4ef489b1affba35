import { describe, expect, test } from '@jest/globals';
import type { UpdateSettings } from '@nebula/contracts';
import { pullKey } from './failure-key.js';
import { withPin, withVerdict } from './memory-updates.js';
import type { AppMemory } from './memory.js';
import type { DesiredApp } from './desired.js';
import { NOW, tokens } from './testing/builders.js';
import { app, four, fresh, look, old, ready, remembered, ROLLBACK, ROLLING } from './testing/updates.js';

const RELEASE = { release: 5, roll: 5 };
const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:1' };
const failure = {
  ...{ step: 'pull' as const, message: 'no registry answers', attempts: 1, terminal: false },
  ...{ failed_at: NOW, retry_at: NOW + 60_000 },
};

/** A change of the spec while the pull of a release that rolls has failed, as it is asked for and as it is served. */
function change(update: UpdateSettings): { wish: DesiredApp; served: DesiredApp; memory: AppMemory } {
  const spec = { env_vars: { A: 'b' } };
  const wish = app('shop:1', update, spec, { revision: 6, tokens: tokens(RELEASE) });
  const served = app('shop:1', update, spec, { revision: 6 });
  const failures = { [pullKey('shop:1', 5)]: failure };
  return { wish, served, memory: remembered(wish, undefined, { pin, failures }) };
}

describe('a change while the image of a release can not be pulled', () => {
  const { wish, served, memory } = change(ROLLING);
  const bad = fresh(1, { health: 'unhealthy' }, served);

  test('waits for each container to be ready', () => {
    const { lanes, lines } = look(wish, [fresh(1, {}, served), old(2), old(3), old(4)], memory);
    expect(lanes).toEqual([]);
    expect(lines).toContainEqual(expect.stringContaining('web-1 is not ready yet'));
  });

  test('is judged', () => {
    const { lines } = look(wish, [bad, old(2), old(3), old(4)], memory);
    expect(lines).toContainEqual('judge n1: web-1 is unhealthy by its own health check');
  });

  test('is paused when it has failed, and the release is not tried for it either', () => {
    const judge = { kind: 'judge', replica: 1, target: { by: 'id', id: 'n1' } } as const;
    const about = { revision: 6, reason: 'web-1 is unhealthy', exit_code: null };
    const paused = withVerdict(memory, { ...judge, ...about }, '', NOW);
    // Nobody knows any more that the pull has failed: the worker was started anew while it was under way.
    for (const known of [paused, { ...paused, failures: {} }]) {
      const { lanes, lines } = look(wish, [bad, old(2), old(3), old(4)], known);
      expect(lanes).toEqual([]);
      expect(lines.join('\n')).toContain('the update to revision 6 is paused: web-1 is unhealthy');
      const missing = look(wish, [bad, old(2), old(3)], known);
      expect(missing.made).toEqual(['4 shop:1']);
    }
  });

  test('is taken back when it has failed', () => {
    const back = change(ROLLBACK);
    const containers = [fresh(1, { health: 'unhealthy' }, back.served), old(2), old(3), old(4)];
    const verdict = { revision: 6, reason: 'web-1 is unhealthy', exit_code: null, log: '', at: NOW };
    const { made, lines } = look(back.wish, containers, { ...back.memory, verdict });
    expect(made).toEqual(['1 shop:1']);
    expect(lines.join('\n')).toContain('taken back to revision 1');
  });

  test('is what is gone back to once it serves, and the roll of the release is still to come', () => {
    const all = four((replica) => ready(replica, served));
    const first = look(wish, all, memory);
    expect(first.memory.good).toMatchObject({ revision: 6, spec: { env_vars: { A: 'b' } }, pin });
    expect(first.memory.rolling).toBe(true);
    // Nothing more is learned.
    expect(look(wish, all, first.memory).memory).toBe(first.memory);

    const pulled = withPin({ ...first.memory, failures: {} }, { ...pin, release: 5 });
    expect(look(wish, all, pulled).made).toEqual(['1 shop:1']);
    const released = four((replica) => ready(replica, wish));
    expect(look(wish, released, pulled).memory).toMatchObject({
      good: { tokens: { release: 5 } },
      rolling: false,
    });
  });

  test('ends a roll of its own that was asked for beside it', () => {
    const both = { ...wish, tokens: tokens({ release: 5, roll: 7 }) };
    const rolled = { ...wish, tokens: tokens({ roll: 7 }) };
    const all = four((replica) => ready(replica, rolled));
    expect(memory.rolling).toBe(true);
    expect(look(both, all, { ...memory, roll: 7 }).memory.rolling).toBe(false);
  });
});
