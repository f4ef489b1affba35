import { describe, expect, test } from '@jest/globals';
import type { DesiredApp } from './desired.js';
import { onNewDesired } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import { NOW, tokens } from './testing/builders.js';
import { app, back, four, fresh, judged, look, NODE, old, ready, ROLLBACK } from './testing/updates.js';

describe('an update that is taken back', () => {
  test('makes the old version anew where it was replaced, and says so', () => {
    const { made, lines, state } = look(
      back,
      [fresh(1, { health: 'unhealthy' }), old(2), old(3), old(4)],
      judged(back),
    );
    expect(made).toEqual(['1 shop:1']);
    expect(lines.at(-1)).toContain(
      'the update to revision 2 is being taken back to revision 1: web-1 is unhealthy',
    );
    expect(state).toBe('failed');
  });

  test('is only called so once the version before is ready everywhere', () => {
    const text = (containers: ObservedContainer[]): string =>
      look(back, containers, judged(back)).lines.find((line) => line.startsWith('! update')) ?? '';
    const coming = old(1, { started_at: NOW - 1000 });
    expect(text([coming, old(2), old(3), old(4)])).toContain('is being taken back to revision 1: web-1');
    expect(text(four(old))).toContain('is taken back to revision 1: web-1');
  });

  test.each<[Partial<ObservedContainer>, string]>([
    [{ health: 'unhealthy' }, 'web-1 is unhealthy by its own health check'],
    [{ state: 'restarting', restart_count: 9 }, 'web-1 ends again and again'],
    [{ health: 'starting', started_at: NOW - 60_000 }, 'web-1 was not ready within 60 s of its start'],
  ])('says so when the version before does not get ready either: %j', (bad, why) => {
    const { lines, state } = look(back, [old(1, bad), old(2), old(3), old(4)], judged(back));
    expect(lines.join('\n')).toContain(
      `the update to revision 2 is being taken back to revision 1, which does not get ready either (${why}): web-1`,
    );
    expect(state).toBe('failed');
  });

  test('goes through the same gate', () => {
    const containers = [ready(1), ready(2), fresh(3, { health: 'unhealthy' }), old(4)];
    expect(look(back, containers, judged(back)).made.map((text) => text[0])).toEqual(['3']);
    const next = [ready(1), ready(2), old(3, { id: 'new3' }), old(4)];
    expect(look(back, next, judged(back)).made.map((text) => text[0])).toEqual(['1']);
  });

  test('is done at once when it was made at once', () => {
    const desired = app('shop:2', { ...ROLLBACK, strategy: 'all_at_once' }, {}, { revision: 2 });
    const containers = four((replica) => fresh(replica, { health: 'unhealthy' }));
    expect(look(desired, containers, judged(desired)).made).toHaveLength(4);
  });

  test.each<[string, Partial<DesiredApp>, string[]]>([
    ['a wish to prune', { tokens: tokens({ prune: 3 }) }, ['prune']],
    ['a newer revision that changes nothing', {}, []],
    [
      'a change that means the same on this server',
      app('shop:2', ROLLBACK, { containers_per: { cpu: 0.5 } }),
      [],
    ],
  ])('stays so with %s', (_what, change, lanes) => {
    const again = { ...back, ...change, revision: 3 };
    const memory = onNewDesired(judged(back), again, NODE);
    expect(look(again, four(old), memory)).toMatchObject({ lanes, made: [], state: 'failed' });
  });

  test('ends with nothing to do, and stays failed', () => {
    const { lanes, state, memory } = look(back, four(old), judged(back));
    expect({ lanes, state }).toEqual({ lanes: [], state: 'failed' });
    expect(memory.good?.revision).toBe(1);
  });

  test('takes the build that served, although its tag is another one by now', () => {
    const from = app('shop:1');
    const to = app('shop:1', ROLLBACK, {}, { revision: 2, tokens: { ...from.tokens, release: 2, roll: 2 } });
    const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:2' };
    const memory = { ...judged(to), pin: { ...pin, release: 2, image_id: 'id of shop:1' } };
    const good = memory.good && { ...memory.good, pin };
    const bad = fresh(1, { health: 'unhealthy' }, to);
    expect(look(to, [bad, old(2), old(3), old(4)], { ...memory, good }).made).toEqual(['1 id of shop:2']);
  });
});
