import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import { pullKey } from './failure-key.js';
import { NO_LIMITS } from './limits.js';
import { onNewDesired } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import { NOW, rightContainer, specOf, tokens } from './testing/builders.js';
import {
  after,
  app,
  before,
  four,
  fresh,
  look,
  NODE,
  old,
  ready,
  remembered,
  ROLLING,
} from './testing/updates.js';

describe('rolling', () => {
  test.each<[string, DesiredApp, ObservedContainer[], number[]]>([
    ['begins with the lowest', after, four(old), [1]],
    ['waits while one is not ready', after, [fresh(1), old(2), old(3), old(4)], []],
    ['goes on when it is', after, [ready(1), old(2), old(3), old(4)], [2]],
    [
      'waits for a health check that has not said yes, however long it runs',
      after,
      [fresh(1, { health: 'starting', started_at: NOW - 50_000 }), old(2), old(3), old(4)],
      [],
    ],
    [
      'takes the word of a health check at once',
      after,
      [fresh(1, { health: 'healthy' }), old(2), old(3), old(4)],
      [2],
    ],
    [
      'replaces as many as may be away',
      app('shop:2', { ...ROLLING, max_unavailable: 3 }),
      four(old),
      [1, 2, 3],
    ],
    ['takes a share of all', app('shop:2', { ...ROLLING, max_unavailable: '50%' }), four(old), [1, 2]],
    ['takes at least one', app('shop:2', { ...ROLLING, max_unavailable: '1%' }), four(old), [1]],
    [
      'counts what is away already',
      app('shop:2', { ...ROLLING, max_unavailable: 2 }),
      [fresh(1), old(2), old(3), old(4)],
      [2],
    ],
    [
      'takes what is not well first, which costs nothing',
      app('shop:2', { ...ROLLING, max_unavailable: 2 }),
      [old(1), old(2), old(3), old(4, { health: 'unhealthy' })],
      [4, 1],
    ],
    ['makes what is missing at once, and counts it', after, [old(1), old(2)], [3, 4]],
    ['is over when all are ready', after, four(ready), []],
    [
      'is not what all_at_once does',
      app('shop:2', { ...ROLLING, strategy: 'all_at_once' }),
      four(old),
      [1, 2, 3, 4],
    ],
  ])('%s', (_what, desired, containers, replaced) => {
    const { made } = look(desired, containers);
    expect(made.map((text) => Number(text.split(' ')[0])).sort()).toEqual(replaced.toSorted());
  });

  test('says whom it waits for and until when', () => {
    const { lines, state } = look(after, [fresh(1), old(2), old(3), old(4)]);
    expect(lines).toEqual([
      '! plan: web-1 is not ready yet (again in 4000 ms)',
      '! plan: 3 replicas wait to be replaced: at most 1 may be away, and web-1 is not ready (again in 4000 ms)',
    ]);
    expect(state).toBe('converging');
  });

  test('has not converged before the last one is ready', () => {
    expect(look(after, [ready(1), ready(2), ready(3), fresh(4)]).state).toBe('converging');
    expect(look(after, four(ready)).state).toBe('converged');
  });

  test('keeps a version as the good one once it is ready everywhere, and not before', () => {
    expect(look(after, [ready(1), ready(2), ready(3), fresh(4)]).memory.good?.revision).toBe(1);
    expect(look(after, four(ready)).memory.good).toMatchObject({
      revision: 2,
      spec: { docker_image: 'shop:2' },
      pin: { image_id: 'id of shop:2' },
    });
  });

  test.each<[string, Partial<AppSpec>, Partial<ObservedContainer>]>([
    ['a hook has not succeeded', { hooks: { post_start: { command: ['warm'] } } }, { restart_policy: 'no' }],
    ['it must be made anew for its limits', {}, { limits: { ...NO_LIMITS, memory: 64 * 1024 ** 2 } }],
    ['its program ends again and again', {}, { restart_count: 12, created_at: NOW - 60_000 }],
  ])('keeps no version as the good one of which %s', (_what, spec, more) => {
    const to = app('shop:2', ROLLING, spec, { revision: 2 });
    const containers = [
      fresh(1, { started_at: NOW - 6000, ...more }, to),
      ...[2, 3, 4].map((n) => ready(n, to)),
    ];
    expect(look(to, containers).memory.good?.revision).toBe(1);
  });

  test('keeps no version as the good one of which nothing runs', () => {
    const none = app('shop:2', ROLLING, { containers_per: { cpu: 0.1 } }, { revision: 2 });
    expect(look(none, []).memory.good?.revision).toBe(1);
  });

  test('replaces as one what hands host ports to each other, also when these are more than may be away', () => {
    const from = app('shop:1', ROLLING, { starting_ports: [81] });
    const to = app('shop:1', ROLLING, { starting_ports: [82] }, { revision: 2 });
    const ports = four((replica) => old(replica, {}, from));
    const { lanes, made } = look(to, ports, remembered(to, from));
    expect(lanes).toHaveLength(1);
    expect(made).toHaveLength(4);
  });

  test('keeps replicas that hand ports to each other while another is away', () => {
    const from = app('shop:1', ROLLING, { starting_ports: [81] });
    const to = app('shop:1', ROLLING, { starting_ports: [82] }, { revision: 2 });
    const alone = rightContainer(from, 4, { id: 'o4', state: 'running', health: 'starting', ports: [] });
    const containers = [1, 2, 3].map((replica) => old(replica, {}, from));
    const { made, state } = look(to, [...containers, alone], remembered(to, from));
    expect(made.map((text) => text[0])).toEqual(['4']);
    expect(state).toBe('converging');
  });

  test('a clock that was set back holds nothing up', () => {
    const later = [1, 2, 3, 4].map((replica) => old(replica, { started_at: NOW + 7_200_000 }));
    expect(look(after, later).made).toEqual(['1 shop:2']);
  });
});

describe('a roll', () => {
  const rolled = app('shop:1', { strategy: 'all_at_once' }, {}, { revision: 5, tokens: tokens({ roll: 5 }) });

  test('replaces one after the other whatever the strategy is, until all are ready', () => {
    const first = look(rolled, four(old));
    expect(first.made).toEqual(['1 shop:1']);
    const last = look(
      rolled,
      four((n) => ready(n, rolled)),
      first.memory,
    );
    expect(last).toMatchObject({ state: 'converged', memory: { rolling: false, roll: 5 } });
  });

  test('goes on as one when the app is scaled meanwhile', () => {
    const { memory } = look(rolled, four(old));
    const scaled = { ...rolled, revision: 6, spec: { ...specOf(rolled), containers_per: { server: 3 } } };
    const renewed = onNewDesired(memory, scaled, NODE);
    expect(look(scaled, four(old), renewed)).toMatchObject({ made: ['1 shop:1'], memory: { rolling: true } });
  });

  test('that a worker hears of only with a later change is one', () => {
    const later = { ...rolled, revision: 8 };
    expect(look(later, four(old), remembered(later)).made).toEqual(['1 shop:1']);
  });

  test('that is over is not done again by the next change', () => {
    const { memory } = look(
      rolled,
      four((n) => ready(n, rolled)),
      remembered(rolled),
    );
    const next = { ...rolled, revision: 9, spec: { ...specOf(rolled), docker_image: 'shop:2' } };
    const renewed = onNewDesired(memory, next, NODE);
    const pin = { image: 'shop:2', release: 0, image_id: 'id of shop:2' };
    const { made } = look(
      next,
      four((n) => ready(n, rolled)),
      { ...renewed, pin },
    );
    expect(made).toHaveLength(4);
  });
});

describe('a release that rolls', () => {
  const wish = app('shop:1', {}, {}, { revision: 5, tokens: tokens({ release: 5, roll: 5 }) });
  const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:1' };
  const failure = {
    ...{ step: 'pull' as const, message: 'no registry answers', attempts: 1, terminal: false },
    ...{ failed_at: NOW, retry_at: NOW + 60_000 },
  };
  const away = { failures: { [pullKey('shop:1', 5)]: failure } };
  const late = { late_pull: pullKey('shop:1', 5) };

  test.each([
    ['has failed', away],
    ['takes long', late],
  ])('replaces nothing while its pull %s', (_what, more) => {
    expect(look(wish, four(old), remembered(wish, before, { pin, ...more })).made).toEqual([]);
    // Without a memory only the containers say what was served.
    const lost = { ...remembered(wish, before, { pin, ...more }), pin: null, good: null };
    expect(look(wish, four(old), lost).made).toEqual([]);
  });

  test('makes what is missing as of before meanwhile, and does not replace that twice', () => {
    const memory = remembered(wish, before, { pin, ...away });
    const { made, lines } = look(wish, [old(1), old(2), old(3)], memory);
    expect(made).toEqual(['4 shop:1']);
    expect(look(wish, four(old), memory).lines.filter((line) => line.includes('web-4'))).toEqual([]);
    expect(lines.join()).toContain('no registry answers');
  });

  test('that came after another one goes back to the roll of that', () => {
    const earlier = app('shop:1', {}, {}, { revision: 3, tokens: tokens({ release: 3, roll: 3 }) });
    const served = { pin: { ...pin, release: 3 }, ...away };
    const memory = remembered(wish, earlier, served);
    const ran = four((replica) => old(replica, {}, earlier));
    expect(look(wish, ran, memory).made).toEqual([]);
    expect(look(wish, ran, { ...memory, good: null, pin: null }).made).toEqual([]);
  });

  test('replaces one after the other once the image is there', () => {
    expect(look(wish, four(old)).made).toEqual(['1 shop:1']);
  });
});
