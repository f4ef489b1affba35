import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { containerKey, failureKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import { formatPlan } from './format-plan.js';
import { NO_LIMITS } from './limits.js';
import { afterFailure, onNewDesired } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { appState } from './status.js';
import type { Step } from './step.js';
import { desiredApp, NODE, NOW, rightContainer, situation, specOf } from './testing/builders.js';

const MIB = 1024 * 1024;

/** What is done about a container that is right for `spec` apart from `found`. */
function look(spec: Partial<AppSpec>, found: Partial<ObservedContainer> = {}, more: object = {}) {
  const desired = desiredApp(spec);
  const input = situation(desired, [rightContainer(desired, 1, found)], more);
  const made = plan(input);
  return {
    lines: formatPlan(made, NOW),
    steps: made.lanes.flat(),
    state: appState(made, desired, input.observed),
  };
}

describe('limits', () => {
  const resources = { memory: '64m', cpus: 1, pids: 10 };
  const limits = { ...NO_LIMITS, memory: 64 * MIB, memory_swap: 128 * MIB, cpus: 1, pids: 10 };

  test('that are as wanted need nothing', () => {
    expect(look({ resources }, { limits }).lines).toEqual([]);
    expect(look({}, { limits: { ...NO_LIMITS, cpus: 8, cpu_shares: 1024 } }).lines).toEqual([]);
  });

  test('of a part of a processor finer than the engine counts are as wanted when they are the nearest', () => {
    const cpus = 0.123456789012;
    const has = (nearest: number) => ({ limits: { ...NO_LIMITS, cpus: nearest } });
    expect(look({ resources: { cpus } }, has(0.123456789)).lines).toEqual([]);
    expect(look({ resources: { cpus } }, has(0.123456788)).steps).toMatchObject([
      { kind: 'update-resources', limits: { cpus: 0.123456789 } },
    ]);
  });

  test.each([
    ['memory, with its swap', { memory: 32 * MIB }, { memory: 64 * MIB, memory_swap: 128 * MIB }],
    ['swap, with its memory', { memory_swap: -1 }, { memory: 64 * MIB, memory_swap: 128 * MIB }],
    ['what somebody has given beside', { cpu_shares: 5, pids: 10 }, { cpu_shares: 1024 }],
    ['what somebody has taken away', { cpus: null, pids: null }, { cpus: 1, pids: 10 }],
    ['a reservation that nobody wants', { memory_reservation: 5 }, { memory_reservation: -1 }],
    // The engine takes no number of processors while there is a quota.
    ['a quota, which no spec has', { cpu_quota: 10_000, cpus: null }, { cpu_quota: -1 }],
  ])('are set while it runs: %s', (_what, changed, expected) => {
    const { steps } = look({ resources }, { limits: { ...limits, ...changed } });
    const target = { by: 'id', id: 'c1' };
    expect(steps).toEqual([{ kind: 'update-resources', replica: 1, target, limits: expected }]);
  });

  test('that can not be taken away need a new container', () => {
    expect(look({}, { limits }).lines[0]).toMatch(/^create .* → start the new 1 → remove c1$/);
    expect(look({ resources: { ...resources, memory_swap: -1 } }, { limits }).lines[0]).toMatch(/^create /);
    expect(look({ resources: { pids: 5 } }, { limits: { ...NO_LIMITS, cpuset: '0' } }).lines[0]).toMatch(
      /^create /,
    );
  });

  test('that no spec has go first where the engine can take them away, else with the container', () => {
    const found = { limits: { ...NO_LIMITS, cpu_quota: 10_000 } };
    expect(look({}, found).lines).toEqual(['update-resources of c1: cpu_quota']);
    expect(look({}, found, { node: { ...NODE, can_update: false } }).lines[0]).toMatch(/^create /);
  });

  test('are set before a start', () => {
    expect(look({ resources }, { state: 'exited', limits: NO_LIMITS }).lines).toEqual([
      'update-resources of c1: cpus, memory, memory_swap, pids → start c1',
    ]);
  });
});

describe('a start that has failed under some limits', () => {
  const small = desiredApp({ resources: { memory: '8m' } });
  const label = fingerprint(specOf(small), 1, small.tokens);
  const stopped = (of = small): ObservedContainer => rightContainer(of, 1, { state: 'exited', error: 'no' });
  const failedOn = (steps: readonly Step[]): string => {
    const start = steps.find(({ kind }) => kind === 'start');
    if (!start) throw new Error('Nothing is started.');
    return failureKey(start, steps, [stopped()]);
  };
  const steps = plan(situation(small, [stopped()])).lanes.flat();
  const failure = { key: failedOn(steps), step: 'start' as const, message: 'too small', terminal: true };
  const memory = afterFailure(situation(small, []).memory, failure, NOW, 0);

  test('is remembered as that, whether the container was there or is made', () => {
    expect(failedOn(plan(situation(small, [])).lanes.flat())).toBe(failure.key);
    expect(failure.key).not.toBe(containerKey('start', 1, label));
    expect(formatPlan(plan(situation(small, [stopped()], { memory })), NOW)[0]).toBe(
      '! start: too small (again in 1000 ms)',
    );
  });

  test('says nothing of a start under others, also when it can never succeed', () => {
    const large = desiredApp({ resources: { memory: '64m' } }, { revision: 2 });
    const after = onNewDesired({ ...memory, subject: 'of before' }, large, NODE);
    expect(after.failures).toEqual({});
    for (const known of [memory, after]) {
      expect(formatPlan(plan(situation(large, [stopped()], { memory: known })), NOW)).toEqual([
        'update-resources of c1: memory, memory_swap → start c1',
      ]);
    }
    const same = onNewDesired({ ...memory, subject: 'of before' }, small, NODE);
    expect(Object.keys(same.failures)).toEqual([failure.key]);
  });
});

describe('a restart policy', () => {
  test.each(['no', 'on-failure:3', 'unless-stopped'])('%s is set while it runs', (restart_policy) => {
    const { lines } = look({ restart_policy }, { restart_policy: 'always' });
    expect(lines).toEqual([`set-restart-policy ${restart_policy} on c1`]);
  });

  test.each([
    ['no', { exit_code: 0 }, []],
    ['on-failure', { exit_code: 0 }, []],
    [
      'no',
      { exit_code: 3 },
      ['! run: web-1 has ended with exit code 3; its restart policy is no, so it is not started again'],
    ],
    [
      'on-failure:2',
      { exit_code: 3, restart_count: 2 },
      [
        '! run: web-1 has ended with exit code 3; its restart policy is on-failure:2, so it is not started again',
      ],
    ],
    ['always', { exit_code: 0 }, ['start c1']],
    ['unless-stopped', { exit_code: 0 }, ['start c1']],
    ['on-failure', { exit_code: 3 }, ['start c1']],
    ['on-failure:2', { exit_code: 3, restart_count: 1 }, ['start c1']],
    // It never ran.
    ['no', { state: 'created' as const }, ['start c1']],
    ['no', { exit_code: 128, error: 'port is already allocated' }, ['start c1']],
    // We have set it aside.
    [
      'on-failure',
      { exit_code: 0, restart_policy: 'no' },
      ['set-restart-policy on-failure on c1 → start c1'],
    ],
    ['no', { exit_code: 0, name: 'web-1.old' }, ['rename c1 to web-1 → start c1']],
  ])('%s lets an ended program be, or not: %j', (restart_policy, found, expected) => {
    const { lines, state } = look({ restart_policy }, { state: 'exited', ...found });
    expect(lines).toEqual(expected);
    expect(state).toBe(
      expected.length === 0 ? 'converged' : lines[0]?.startsWith('!') ? 'failed' : 'converging',
    );
  });

  test('of an app whose program has ended is not followed when another version can not be made', () => {
    const before = desiredApp({ restart_policy: 'no' });
    const after = desiredApp({ restart_policy: 'no', env_vars: { A: '1' } });
    const failed = { key: containerKey('create', 1, fingerprint(specOf(after), 1, after.tokens)) };
    const input = situation(after, [rightContainer(before, 1, { state: 'exited' })]);
    const memory = afterFailure(
      input.memory,
      { ...failed, step: 'create', message: 'bad', terminal: true },
      NOW,
      0,
    );
    expect(formatPlan(plan({ ...input, memory }), NOW)).toEqual(['! create: bad']);
  });
});

describe('hooks', () => {
  const hooks = { post_start: { command: ['up'] }, pre_stop: { command: ['down'] } };

  test('run around starts and stops of a replacement, each of its own container', () => {
    const before = desiredApp({ hooks });
    const after = desiredApp({ hooks: { post_start: { command: ['other'] } } });
    const { lanes } = plan(situation(after, [rightContainer(before, 1)]));
    expect(lanes.flat().map(({ kind }) => kind)).toEqual([
      ...['create', 'set-restart-policy', 'pre-stop', 'stop', 'rename', 'rename'],
      ...['start', 'post-start', 'set-restart-policy', 'remove'],
    ]);
    expect(lanes.flat().filter((step) => 'hook' in step)).toMatchObject([
      { kind: 'pre-stop', hook: { command: ['down'] } },
      { kind: 'post-start', hook: { command: ['other'] } },
    ]);
  });

  test('after a start know the grace period with which a container is stopped when they fail', () => {
    const app = desiredApp({ hooks, stop_grace_period_seconds: 40 });
    for (const containers of [[], [rightContainer(app, 1, { state: 'exited' })]]) {
      const steps = plan(situation(app, containers)).lanes.flat();
      expect(steps).toContainEqual(expect.objectContaining({ kind: 'post-start', grace_seconds: 40 }));
    }
  });

  test('hold a container until the one after its start has succeeded', () => {
    expect(look({ hooks }, { restart_policy: 'no' }).lines).toEqual([
      'post-start c1 → set-restart-policy always on c1',
    ]);
    expect(look({ hooks }, { state: 'exited' }).lines).toEqual([
      'set-restart-policy no on c1 → start c1 → post-start c1 → set-restart-policy always on c1',
    ]);
  });

  test('that fail after a start bring back the container before', () => {
    const before = desiredApp();
    const after = desiredApp({ hooks, restart_policy: 'no' });
    const label = fingerprint(specOf(after), 1, after.tokens);
    const made = rightContainer(after, 1, { id: 'new', state: 'exited', exit_code: 143 });
    const old = rightContainer(before, 1, {
      id: 'old',
      state: 'exited',
      name: 'web-1.old',
      restart_policy: 'no',
    });
    const input = situation(after, [made, old]);
    const failed = { step: 'post-start', message: 'exit code 1', terminal: false } as const;
    const memory = afterFailure(
      input.memory,
      { key: containerKey('post-start', 1, label), ...failed },
      NOW,
      0,
    );
    expect(formatPlan(plan({ ...input, memory }), NOW)).toEqual([
      'remove new → rename old to web-1 → start old',
      '! post-start: exit code 1 (again in 1000 ms)',
    ]);
  });

  test('and the grace period go with a removal; what is paused runs none', () => {
    const gone = desiredApp({ running: false });
    const found = rightContainer(desiredApp({ hooks, stop_grace_period_seconds: 40 }), 1);
    const steps = (container: ObservedContainer) => plan(situation(gone, [container])).lanes.flat();
    expect(steps(found).map(({ kind }) => kind)).toEqual(['pre-stop', 'stop', 'remove']);
    expect(steps(found)[1]).toMatchObject({ grace_seconds: 40 });
    expect(steps({ ...found, state: 'paused' }).map(({ kind }) => kind)).toEqual(['stop', 'remove']);
  });
});
