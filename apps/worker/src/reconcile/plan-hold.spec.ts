import { describe, expect, test } from '@jest/globals';
import { isOnHold, withHold } from './memory-updates.js';
import { emptyMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { NOW, specOf, tokens } from './testing/builders.js';
import { after, app, four, fresh, look, old, remembered } from './testing/updates.js';

const HOLD = { from: NOW - 10_000, until: NOW + 20_000 };
const HELD = expect.stringMatching(
  /^! plan: the (update|pull) waits for a random time.*\(again in 20000 ms\)$/,
);
const once = app('shop:2', {}, {}, { revision: 2 });

describe('the random wait', () => {
  test('is drawn anew, is kept while it is under way, and is nothing without a length', () => {
    const drawn = withHold(emptyMemory(), 60, NOW, 0.5);
    expect(drawn.hold).toEqual({ from: NOW, until: NOW + 30_000 });
    expect(withHold(drawn, 60, NOW + 29_999, 0.9)).toBe(drawn);
    expect(withHold(drawn, 60, NOW + 30_000, 0.1).hold?.until).toBe(NOW + 36_000);
    expect(withHold(drawn, 0, NOW + 30_000, 0.1).hold).toBeNull();
  });

  test('is over when the clock was set back before it', () => {
    expect(isOnHold({ ...emptyMemory(), hold: HOLD }, NOW)).toBe(true);
    expect(isOnHold({ ...emptyMemory(), hold: HOLD }, NOW - 3_600_000)).toBe(false);
    expect(isOnHold({ ...emptyMemory(), hold: HOLD }, NOW + 20_000)).toBe(false);
  });

  test.each([
    ['rolling', after],
    ['all_at_once', once],
    ['a restart', app('shop:1', {}, {}, { revision: 2, tokens: tokens({ restart: 2 }) })],
  ])('lets nothing that runs be replaced: %s', (_what, desired) => {
    const { lines, state } = look(desired, four(old), remembered(desired, undefined, { hold: HOLD }));
    expect(lines).toEqual([HELD]);
    expect(state).toBe('converging');
    const later = { from: NOW - 20_000, until: NOW };
    expect(look(desired, four(old), remembered(desired, undefined, { hold: later })).lanes).not.toEqual([]);
  });

  test.each<[string, ObservedContainer[], string[]]>([
    ['what is missing, from an image that is there', [old(1), old(2), old(3)], ['create start']],
    ['a start of what has ended', [old(1), old(2), old(3), fresh(4, { state: 'exited' }, once)], ['start']],
    ['a removal of what is too much', [...four(old), old(5, { name: 'web-5' })], ['stop remove']],
  ])('does not delay %s', (_what, containers, lanes) => {
    expect(look(once, containers, remembered(once, undefined, { hold: HOLD })).lanes).toEqual(lanes);
  });

  test('delays no stop', () => {
    const stopped = { ...once, spec: { ...specOf(once), running: false } };
    expect(look(stopped, four(old), remembered(stopped, undefined, { hold: HOLD })).lanes).toHaveLength(4);
  });

  describe('delays the change alone', () => {
    const elsewhere = app('shop:9', {}, { networks: ['other'] }, { revision: 2 });
    const memory = remembered(elsewhere, undefined, { hold: HOLD, pin: null });

    test.each<[string, ObservedContainer[], string[]]>([
      ['missing', [old(1), old(2), old(3)], ['4 shop:1']],
      ['of a network that is gone', [old(1), old(2), old(3), old(4, { fingerprint: '' })], ['4 shop:1']],
    ])('what is %s is repaired as of the version before', (_what, containers, expected) => {
      const { made, lines, state } = look(elsewhere, containers, memory);
      expect(made).toEqual(expected);
      expect(lines).toContainEqual(HELD);
      expect(state).toBe('converging');
    });

    test('what has ended, or lost its network, is started and connected as before', () => {
      const ended = [old(1), old(2), old(3), old(4, { state: 'exited' })];
      expect(look(elsewhere, ended, memory).lanes).toEqual(['start']);
      const away = [old(1), old(2), old(3), old(4, { networks: [] })];
      expect(look(elsewhere, away, memory).lanes).toEqual(['connect']);
    });

    test('also for a change that rolls, one after the other', () => {
      const rolls = { ...elsewhere, spec: { ...specOf(elsewhere), update: specOf(after).update } };
      const held = remembered(rolls, undefined, { hold: HOLD, pin: null });
      const drifted = four((replica) => old(replica, { fingerprint: '' }));
      expect(look(rolls, drifted, held).made).toEqual(['1 shop:1']);
      expect(look(elsewhere, drifted, memory).made).toHaveLength(4);
    });

    test('and what has the change already keeps it', () => {
      const { lines } = look(once, [fresh(1, {}, once), old(2), old(3), old(4)], {
        ...remembered(once, undefined, { hold: HOLD }),
      });
      expect(lines).toEqual([HELD]);
    });

    test('a replica that the version before did not have is made once its image is there', () => {
      const more = app('shop:2', {}, { containers_per: { server: 5 } }, { revision: 2 });
      expect(look(more, four(old), remembered(more, undefined, { hold: HOLD })).made).toEqual(['5 shop:2']);
    });
  });

  test('delays a pull, and repairs go on meanwhile as of what is there', () => {
    const elsewhere = app('shop:9', {}, {}, { revision: 2 });
    const memory = remembered(elsewhere, undefined, { hold: HOLD, pin: null });
    const first = { ...memory, good: null };
    expect(look(elsewhere, [], first)).toMatchObject({ lanes: [], lines: [HELD], state: 'converging' });
    expect(look(elsewhere, [], { ...memory, hold: null }).lanes).toEqual(['pull']);

    const released = app('shop:1', {}, {}, { revision: 2, tokens: tokens({ release: 2 }) });
    const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:1' };
    const held = remembered(released, undefined, { hold: HOLD, pin });
    const { lanes, made, lines } = look(released, [old(1), old(2), old(3)], held);
    expect({ lanes, made }).toEqual({ lanes: ['create start'], made: ['4 shop:1'] });
    expect(lines).toContainEqual(HELD);
  });
});
