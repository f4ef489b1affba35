import { describe, expect, test } from '@jest/globals';
import { containerKey } from './failure-key.js';
import type { DesiredApp } from './desired.js';
import { fingerprint } from './fingerprint.js';
import { afterFailure, onNewDesired, withVerdict } from './memory-updates.js';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { NOW, specOf, tokens } from './testing/builders.js';
import {
  after,
  app,
  back,
  four,
  fresh,
  JUDGED,
  judged,
  look,
  NODE,
  old,
  ready,
  remembered,
  ROLLBACK,
  ROLLING,
} from './testing/updates.js';

const failedStart = (desired = after, replica = 1) => {
  const key = containerKey('start', replica, fingerprint(specOf(desired), replica, desired.tokens));
  const failed = { key, step: 'start' as const, message: 'exec: not found', terminal: true };
  return afterFailure(remembered(desired), failed, NOW, 0);
};

describe('a container of an update is judged', () => {
  test.each<[string, Partial<ObservedContainer>, string]>([
    ['when it is unhealthy', { health: 'unhealthy' }, 'web-1 is unhealthy by its own health check'],
    [
      'when it is not ready in time',
      { health: 'starting', started_at: NOW - 60_000 },
      'web-1 was not ready within 60 s of its start',
    ],
    [
      'when it ends again and again',
      { state: 'restarting', restart_count: 5, exit_code: 3 },
      'web-1 ends again and again',
    ],
    [
      'when it ends again and again, also while it runs in between',
      { restart_count: 5 },
      'web-1 ends again and again',
    ],
    [
      'when it ends again and again on the network of the server, as others do',
      { restart_count: 5, network_mode: 'host' },
      'web-1 ends again and again, perhaps since replicas on the network "host" want the same port',
    ],
    [
      'when it never runs long enough',
      { state: 'restarting', restart_count: 2 },
      'web-1 was not ready within 60 s of its start',
    ],
  ])('%s', (_when, bad, reason) => {
    const memory = remembered(after, undefined, { begun: { n1: 2_000 } });
    const made = { created_at: NOW - 62_000 };
    const { lanes, lines, state } = look(
      after,
      [fresh(1, { ...made, ...bad }), old(2), old(3), old(4)],
      memory,
    );
    expect(lanes).toEqual(['judge']);
    expect(lines).toEqual([`judge n1: ${reason}`]);
    expect(state).toBe('converging');
  });

  test.each<[string, ObservedContainer[], AppMemory]>([
    ['in its time', [fresh(1, { health: 'starting' }), old(2), old(3), old(4)], remembered(after)],
    [
      'after some ends that it got over',
      [ready(1), fresh(2, { restart_count: 2, created_at: NOW - 4000 }), old(3), old(4)],
      remembered(after, undefined, { begun: { n2: 1000 } }),
    ],
    [
      'that lay there for long before it was first started, and has ended once since',
      [fresh(1, { restart_count: 1, created_at: NOW - 900_000 }), old(2), old(3), old(4)],
      remembered(after, undefined, { begun: { n1: 898_000 } }),
    ],
    [
      'that has ended before anybody saw it begin',
      [fresh(1, { restart_count: 1, created_at: NOW - 900_000 }), old(2), old(3), old(4)],
      remembered(after),
    ],
    [
      'that somebody has started anew',
      [fresh(1), old(2), old(3), old(4)],
      remembered(after, undefined, { begun: { n1: 0 } }),
    ],
    [
      'that served before, and only now is unwell',
      [fresh(1, { health: 'unhealthy' }), ready(2), ready(3), ready(4)],
      remembered(after, after),
    ],
    [
      'of an earlier version',
      [ready(1), ready(2), old(3), old(4, { health: 'unhealthy' })],
      remembered(after),
    ],
    [
      'of a strategy that has nothing to stop',
      [fresh(1, { health: 'unhealthy' }), old(2), old(3), old(4)],
      remembered(app('shop:2', { ...ROLLING, strategy: 'all_at_once' })),
    ],
  ])('but none %s', (what, containers, memory) => {
    const isAllAtOnce = what.includes('strategy');
    const desired = isAllAtOnce ? app('shop:2', { ...ROLLING, strategy: 'all_at_once' }) : after;
    const { lanes, memory: learned } = look(desired, containers, memory);
    expect(lanes.some((lane) => lane.includes('judge'))).toBe(false);
    expect(learned.verdict).toBeNull();
  });

  test('the begin of a container stays through its ends, is noted until it is ready, and goes with it', () => {
    const begun = (containers: ObservedContainer[], memory = remembered(after)) =>
      look(after, containers, memory).memory;
    const made = { created_at: NOW - 4000 };
    const first = begun([
      fresh(1, { ...made, started_at: NOW - 3000 }),
      fresh(2, { ...made, started_at: 0, state: 'created' }),
    ]);
    expect(first.begun).toEqual({ n1: 1000 });
    const ended = begun([fresh(1, { ...made, restart_count: 1 }), fresh(2, made)], first);
    expect(ended.begun).toEqual({ n1: 1000, n2: 3000 });
    expect(begun([fresh(1, { ...made, restart_count: 1 }), fresh(2, made)], ended)).toBe(ended);
    expect(begun([fresh(1, { ...made, restart_count: 0 })], ended).begun).toEqual({ n1: 3000 });
    expect(begun([ready(1)], ended).begun).toEqual({});
    // Never after its last start, and never before it was made, whatever a clock has said.
    const later = remembered(after, undefined, { begun: { n1: NOW } });
    expect(begun([fresh(1, { ...made, restart_count: 1 })], later).begun).toEqual({ n1: 3000 });
    expect(begun([fresh(1, { created_at: NOW + 900_000 })]).begun).toEqual({ n1: 0 });
  });

  test('the begin of a container counts by the clock of now, and not after another start of the server', () => {
    const since = (age: number) => ({
      ...{ created_at: NOW - age, started_at: NOW - age },
      health: 'starting' as const,
    });
    const isJudged = (age: number, memory: AppMemory, machine: string): boolean => {
      const one = fresh(1, { ...since(age), ...{ restart_count: 1, started_at: NOW - 1000 } });
      const { lanes } = look(after, [one, old(2), old(3), old(4)], memory, machine);
      return lanes.some((lane) => lane.includes('judge'));
    };
    // The look is by a clock that was set forward or back since, as are the times of the container.
    const { memory } = look(after, [fresh(1, since(900_000)), old(2)], remembered(after), 'boot 1');
    expect(isJudged(59_000, memory, 'boot 1')).toBe(false);
    expect(isJudged(60_000, memory, 'boot 1')).toBe(true);
    expect(isJudged(900_000, memory, 'boot 2')).toBe(false);
    const ended = fresh(1, { ...since(900_000), restart_count: 1, started_at: NOW - 1000 });
    const anew = look(after, [ended, old(2)], memory, 'boot 2').memory;
    expect(anew).toMatchObject({ begun: { n1: 899_000 }, machine: 'boot 2' });
  });

  test.each<[string, Partial<ObservedContainer>]>([
    ['is paused', { state: 'paused' }],
    ['has ended once', { restart_count: 1, started_at: NOW - 1000 }],
    ['is asked for its health anew', { health: 'starting' }],
  ])('but none that was ready before and %s', (_what, more) => {
    const long = { started_at: NOW - 900_000, created_at: NOW - 900_000 };
    const first = look(after, [
      fresh(1, { ...long, health: more.health ? 'healthy' : 'none' }),
      old(2),
      old(3),
      old(4),
    ]);
    expect(first.made).toEqual(['2 shop:2']);
    const then = look(after, [fresh(1, { ...long, ...more }), old(2), old(3), old(4)], first.memory);
    expect({ lanes: then.lanes, state: then.state }).toEqual({
      lanes: ['unpause'].filter(() => more.state === 'paused'),
      state: 'converging',
    });
  });

  test('nor one that is paused before it is ready', () => {
    const paused = fresh(1, { state: 'paused', health: 'starting', started_at: NOW - 900_000 });
    expect(look(after, [paused, old(2), old(3), old(4)]).lanes).toEqual(['unpause']);
  });

  test('also one of all_at_once that would be taken back', () => {
    const desired = app('shop:2', { ...ROLLBACK, strategy: 'all_at_once' }, {}, { revision: 2 });
    expect(look(desired, [fresh(1, { health: 'unhealthy' }), ready(2), ready(3), ready(4)]).lanes).toEqual([
      'judge',
    ]);
  });

  test.each<[number, string[], number]>([
    [0, ['create'], 0],
    [3, ['judge'], 3],
  ])('by its exit code %i when its program is not started again', (exit_code, kinds, code) => {
    const spec = { restart_policy: 'no' };
    const job = app('shop:2', ROLLING, spec, { revision: 2 });
    const from = app('shop:1', ROLLING, spec);
    const ended = fresh(1, { state: 'exited', exit_code, restart_policy: 'no' }, job);
    const others = [2, 3, 4].map((replica) => old(replica, { restart_policy: 'no' }, from));
    const { lanes, lines } = look(job, [ended, ...others], remembered(job, from));
    expect(lanes.map((lane) => lane.split(' ')[0])).toEqual(kinds);
    if (code > 0) expect(lines).toEqual(['judge n1: web-1 has ended']);
  });

  test('beside what else is to be repaired, which a log that does not come must not keep waiting', () => {
    const bad = fresh(1, { health: 'unhealthy' });
    const containers = [bad, old(2, { state: 'exited' }), old(3), old(4)];
    expect(look(after, containers).lines).toEqual([
      'judge n1: web-1 is unhealthy by its own health check',
      'start o2',
    ]);
    // Its log is read before it is replaced.
    expect(look(back, containers, remembered(back)).lines).toEqual([
      'judge n1: web-1 is unhealthy by its own health check',
      'start o2',
    ]);
  });

  test('is not needed when it could not even be started', () => {
    const { memory, made, state, lines } = look(after, four(old), failedStart());
    expect(memory.verdict).toMatchObject({
      revision: 2,
      reason: 'start failed for replica 1: exec: not found',
    });
    expect({ made, state }).toEqual({ made: [], state: 'failed' });
    expect(lines).toEqual([
      '! update: the update to revision 2 is paused: start failed for replica 1: exec: not found',
    ]);
  });

  describe('after a failure that may pass', () => {
    /** So many of them in a row, the last one at `NOW`. */
    const failing = (
      attempts: number,
      seconds: number,
      step: 'create' | 'start' | 'post-start' = 'create',
      of = after,
    ) => {
      const key = containerKey(step, 1, fingerprint(specOf(of), 1, of.tokens));
      const failed = { key, step, message: 'HTTP 500', terminal: false };
      let memory = remembered(of);
      for (let n = attempts - 1; n >= 0; n -= 1) {
        const at = attempts === 1 ? NOW : NOW - (n / (attempts - 1)) * seconds * 1000;
        memory = afterFailure(memory, failed, at, 0);
      }
      return memory;
    };

    test.each(['create', 'start'] as const)(
      'to %s nothing is judged, and nobody else is replaced',
      (step) => {
        const { memory, made, lines, state } = look(after, four(old), failing(1, 0, step));
        expect(memory.verdict).toBeNull();
        expect({ made, state }).toEqual({ made: [], state: 'failed' });
        expect(lines).toEqual([
          `! ${step}: HTTP 500 (again in 1000 ms)`,
          '! plan: 3 replicas wait to be replaced: at most 1 may be away, and web-1 is to be tried again (again in 60000 ms)',
        ]);
      },
    );

    test('another one may be replaced beside it when two may be away', () => {
      const two = app('shop:2', { ...ROLLING, max_unavailable: 2 }, {}, { revision: 2 });
      expect(look(two, four(old), failing(1, 0, 'start', two)).made).toEqual(['2 shop:2']);
    });

    test('the same replica is tried again when its time has come', () => {
      const memory = failing(1, 0);
      const due = Object.entries(memory.failures).map(
        ([key, one]) => [key, { ...one, retry_at: NOW }] as const,
      );
      expect(look(after, four(old), { ...memory, failures: Object.fromEntries(due) }).made).toEqual([
        '1 shop:2',
      ]);
    });

    test.each<[string, AppMemory, boolean]>([
      ['when it has gone on for as long as a start may take', failing(6, 60), true],
      ['but not sooner', failing(6, 59), false],
      ['nor when the clock has just been set forward', failing(2, 3600), false],
      ['and when a hook says no at once', failing(1, 0, 'post-start'), true],
    ])('is judged %s', (_when, memory, isJudged) => {
      expect(look(after, four(old), memory).memory.verdict !== null).toBe(isJudged);
    });
  });

  test('and a first start that fails is not an update', () => {
    const memory = { ...failedStart(), good: null };
    expect(look(after, [], memory).memory.verdict).toBeNull();
  });
});

describe('a paused update', () => {
  test('leaves what an earlier update that was not done has made', () => {
    const between = app('shop:0', ROLLING, {}, { revision: 2 });
    const fix = app('shop:2', { ...ROLLING, max_unavailable: 3 }, {}, { revision: 3 });
    const memory = withVerdict(remembered(fix), { ...JUDGED, revision: 3 }, 'no database', NOW);
    const ran = [fresh(1, { health: 'unhealthy' }, fix), ready(2, between), old(3), old(4)];
    expect(look(fix, ran, memory).lanes).toEqual([]);
    // What is missing is made as of the last good version.
    expect(look(fix, ran.slice(0, 3), memory).made).toEqual(['4 shop:1']);
  });

  const bad = fresh(1, { health: 'unhealthy' });

  test('replaces nothing more, leaves what it has replaced, and says why', () => {
    const { lanes, lines, state } = look(after, [bad, old(2), old(3), old(4)], judged());
    expect(lanes).toEqual([]);
    expect(lines[0]).toBe(
      '! update: the update to revision 2 is paused: web-1 is unhealthy (exit code 3); its last lines:\nno database',
    );
    expect(state).toBe('failed');
  });

  test('mends what is missing with the version that served', () => {
    expect(look(after, [bad, old(2), old(4)], judged()).made).toEqual(['3 shop:1']);
    expect(look(after, [old(2), old(3), old(4)], judged()).made).toEqual(['1 shop:1']);
  });

  test('starts again what has ended, each as it is', () => {
    const containers = [fresh(1, { state: 'exited' }), old(2, { state: 'exited' }), old(3), old(4)];
    expect(look(after, containers, judged()).lines).toEqual(expect.arrayContaining(['start n1', 'start o2']));
  });

  test('lets the one before serve again where the worker ended between the failure of a hook and that', () => {
    const to = app('shop:2', ROLLING, { hooks: { post_start: { command: ['warm'] } } }, { revision: 2 });
    const key = containerKey('post-start', 1, fingerprint(specOf(to), 1, to.tokens));
    const failed = { key, step: 'post-start' as const, message: 'no', terminal: false };
    const memory = withVerdict(afterFailure(remembered(to), failed, NOW - 60_000, 0), JUDGED, '', NOW);
    const failing = fresh(1, { state: 'exited', restart_policy: 'no' }, to);
    const aside = old(1, { state: 'exited', restart_policy: 'no', name: 'web-1.old' });
    const { lines } = look(to, [failing, aside, old(2), old(3), old(4)], memory);
    expect(lines.join()).toContain('start o1');
    expect(lines.join()).not.toContain('start n1');
  });

  test('without a version to go back to leaves the rest, and tries on what was never served', () => {
    const memory = judged(back, { good: null });
    const { made, lines } = look(back, [bad, old(2), old(3)], memory);
    expect(made).toEqual(['4 shop:2']);
    expect(lines.join()).toContain('the update to revision 2 is paused');
  });

  test('is over when all are ready at last', () => {
    const { memory, state } = look(after, four(ready), judged());
    expect(memory).toMatchObject({ verdict: null, good: { revision: 2 } });
    expect(state).toBe('converged');
  });

  test.each<[string, DesiredApp]>([
    ['changes the spec', app('shop:2', ROLLING, { env_vars: { A: '1' } }, { revision: 3 })],
    ['repeats the wish', { ...after, revision: 3, tokens: tokens({ roll: 3 }) }],
  ])('is over with a newer revision that %s', (_what, again) => {
    const memory = onNewDesired(judged(), again, NODE);
    expect(look(again, four(old), memory).made).toEqual(['1 shop:2']);
  });
});
