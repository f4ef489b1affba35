import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { containerKey } from './failure-key.js';
import { fingerprint } from './fingerprint.js';
import { formatPlan } from './format-plan.js';
import { afterFailure } from './memory-updates.js';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import type { PlanInput } from './plan-input.js';
import type { StepKind } from './step.js';
import { desiredApp, NOW, rightContainer, situation, specOf } from './testing/builders.js';

const lines = (input: PlanInput) => formatPlan(plan(input), NOW);

const app = desiredApp();
const before = desiredApp({ docker_image: 'shop:0' });
const old = (more: Partial<ObservedContainer> = {}) => rightContainer(before, 1, { id: 'old', ...more });
const fresh = (more: Partial<ObservedContainer> = {}) => rightContainer(app, 1, { id: 'new', ...more });
const setAside = { name: 'web-1.old', state: 'exited', restart_policy: 'no' } as const;
const memory = situation(app, []).memory;

function failed(
  step: StepKind,
  {
    of = app,
    replica = 1,
    terminal = false,
    from = memory,
  }: { of?: typeof app; replica?: number; terminal?: boolean; from?: AppMemory } = {},
): AppMemory {
  const key = containerKey(step, replica, fingerprint(specOf(of), replica, of.tokens));
  return afterFailure(from, { key, step, message: `${step} failed`, terminal }, NOW, 0);
}

describe('a replacement, continued from every state in which it can be interrupted', () => {
  const next = { name: 'web-1.next', state: 'created' } as const;
  test.each<[string, ObservedContainer[], string[]]>([
    [
      'at its start',
      [old()],
      [
        'create web-1.next from shop:1 → set-restart-policy no on old → stop old → rename old to web-1.old → rename the new 1 to web-1 → start the new 1 → remove old',
      ],
    ],
    [
      'after create',
      [old(), fresh(next)],
      [
        'set-restart-policy no on old → stop old → rename old to web-1.old → rename new to web-1 → start new → remove old',
      ],
    ],
    [
      'after the policy',
      [old({ restart_policy: 'no' }), fresh(next)],
      ['stop old → rename old to web-1.old → rename new to web-1 → start new → remove old'],
    ],
    [
      'after stop',
      [old({ ...setAside, name: 'web-1' }), fresh(next)],
      ['rename old to web-1.old → rename new to web-1 → start new → remove old'],
    ],
    [
      'after the first rename',
      [old(setAside), fresh(next)],
      ['rename new to web-1 → start new → remove old'],
    ],
    ['after the second rename', [old(setAside), fresh({ state: 'created' })], ['start new → remove old']],
    ['after start', [old(setAside), fresh()], ['remove old']],
  ])('%s', (_when, containers, expected) => {
    expect(lines(situation(app, containers))).toEqual(expected);
  });

  test('removes candidates that an earlier change left', () => {
    const candidate = rightContainer(desiredApp({ docker_image: 'shop:7' }), 1, { id: 'left', ...next });
    expect(lines(situation(app, [old({ restart_policy: 'no' }), candidate]))).toEqual([
      'remove left → create web-1.next.2 from shop:1 → stop old → rename old to web-1.old → rename the new 1 to web-1 → start the new 1 → remove old',
    ]);
  });

  test('goes back to a container that a change and its reversal left aside', () => {
    expect(lines(situation(app, [fresh(setAside), old()]))).toEqual([
      'set-restart-policy no on old → stop old → rename old to web-1.old.2 → rename new to web-1 → set-restart-policy always on new → start new → remove old',
    ]);
  });
});

describe('a new container that does not start', () => {
  const back = 'remove new → rename old to web-1 → set-restart-policy always on old → start old';

  test('gives way to the one before it', () => {
    const containers = [old(setAside), fresh({ state: 'created' })];
    expect(lines(situation(app, containers, { memory: failed('start') }))).toEqual([
      back,
      '! start: start failed (again in 1000 ms)',
    ]);
  });

  test('is tried again when its time has come, and is told of until it has started', () => {
    expect(lines(situation(app, [old()], { memory: failed('start') }))).toEqual([
      '! start: start failed (again in 1000 ms)',
    ]);
    const later = situation(app, [old()], { memory: failed('start'), now: NOW + 1000 });
    expect(plan(later).lanes).toHaveLength(1);
    expect(lines(later).slice(1)).toEqual(['! start: start failed']);
  });

  test('is not tried again while the one before it serves, if it can never start', () => {
    const input = { memory: failed('start', { terminal: true }), now: NOW + 400_000 };
    expect(lines(situation(app, [old()], input))).toEqual(['! start: start failed']);
    expect(lines(situation(app, [old(setAside)], input))).toEqual([
      'rename old to web-1 → set-restart-policy always on old → start old',
      '! start: start failed',
    ]);
  });

  test('is tried again and again when nothing else serves, made anew each time', () => {
    const created = [fresh({ state: 'created' })];
    const terminal = failed('start', { terminal: true });
    expect(lines(situation(app, created, { memory: terminal }))).toEqual([
      '! start: start failed (again in 1000 ms)',
    ]);
    expect(lines(situation(app, created, { memory: terminal, now: NOW + 1000 }))).toEqual([
      'remove new → create web-1 from shop:1 → start the new 1',
      '! start: start failed',
    ]);
  });

  test('waits together with the one before it, if that does not start either', () => {
    const both = failed('start', { of: before, from: failed('start') });
    expect(lines(situation(app, [old(setAside)], { memory: both }))).toEqual([
      '! start: start failed (again in 1000 ms)',
      '! start: start failed (again in 1000 ms)',
    ]);
    expect(lines(situation(app, [old(setAside)], { memory: both, now: NOW + 1000 }))).toEqual([
      'create web-1 from shop:1 → start the new 1 → remove old',
      '! start: start failed',
    ]);
  });

  test('does not fall back to a container that has never run', () => {
    const containers = [old({ state: 'created', name: 'web-1.next' })];
    expect(lines(situation(app, containers, { memory: failed('create') }))).toEqual([
      '! create: create failed (again in 1000 ms)',
    ]);
  });

  test('leaves the one before it alone when that is what could not be stopped', () => {
    expect(lines(situation(app, [old()], { memory: failed('stop', { of: before }) }))).toEqual([
      '! stop: stop failed (again in 1000 ms)',
    ]);
  });
});

describe('a removal that failed', () => {
  test('waits, and nothing else waits for it', () => {
    const memory = failed('remove', { of: before });
    expect(lines(situation(app, [old(setAside), fresh()], { memory }))).toEqual([
      '! remove: remove failed (again in 1000 ms)',
    ]);
    expect(lines(situation(app, [old(setAside), fresh({ state: 'exited' })], { memory }))).toEqual([
      'start new',
    ]);
  });

  test('waits for surplus too', () => {
    const gone = desiredApp({}, { deleted: true, spec: null });
    expect(lines(situation(gone, [old()], { memory: failed('remove', { of: before }) }))).toEqual([
      '! remove: remove failed (again in 1000 ms)',
    ]);
  });
});

describe('host ports that are handed on', () => {
  const ports = (...starting_ports: AppSpec['starting_ports']) =>
    desiredApp({ starting_ports, containers_per: { server: 3 } });
  const from = ports(81);
  const to = ports(82);
  const olds = (desired = from) =>
    [1, 2, 3].map((replica) => rightContainer(desired, replica, { id: `o${replica}`, restart_policy: 'no' }));
  const next = (replica: number) =>
    rightContainer(to, replica, { id: `n${replica}`, name: `web-${replica}.next`, state: 'created' });
  const handOver = (replica: number) =>
    `stop o${replica} → rename o${replica} to web-${replica}.old → rename n${replica} to web-${replica} → start n${replica}`;

  test('81 to 83 become 82 to 84 from the top, after all are created', () => {
    const containers = [...olds(), next(1), next(2), next(3)];
    expect(lines(situation(to, containers))).toEqual([
      `${handOver(3)} → ${handOver(2)} → ${handOver(1)} → remove o3 → remove o2 → remove o1`,
    ]);
    const [lane] = plan(situation(to, olds())).lanes;
    expect(lane?.slice(0, 3).map((step) => step.kind)).toEqual(['create', 'create', 'create']);
  });

  test('replicas that hand nothing on stay apart', () => {
    expect(plan(situation(ports(91), olds())).lanes).toHaveLength(3);
  });

  test('a surplus container gives its port up before it is taken', () => {
    const one = { ...to, spec: { ...specOf(to), containers_per: { server: 1 } } };
    const kept = rightContainer(one, 1, { state: 'exited' });
    const surplus = rightContainer(from, 2, { id: 'o2' });
    expect(lines(situation(one, [kept, surplus]))).toEqual(['stop o2 → remove o2 → start c1']);
  });

  test('members of a cycle all stop before one starts', () => {
    const there = { ...ports(81, 91), spec: { ...specOf(ports(81, 91)), containers_per: { server: 2 } } };
    const crossed = { ...there, spec: { ...specOf(there), starting_ports: [82, 90] } };
    const containers = olds(there).slice(0, 2);
    expect(lines(situation(crossed, containers))).toEqual([
      'create web-1.next from shop:1 → create web-2.next from shop:1 → ' +
        'stop o1 → rename o1 to web-1.old → stop o2 → rename o2 to web-2.old → ' +
        'rename the new 1 to web-1 → start the new 1 → rename the new 2 to web-2 → start the new 2 → remove o1 → remove o2',
    ]);
  });

  test('when the top of a chain fails, it goes back, and the others run on', () => {
    const [o1, o2] = olds().map((container) => ({ ...container, restart_policy: 'always' }));
    const o3 = rightContainer(from, 3, { id: 'o3', ...setAside, name: 'web-3.old' });
    const n3 = rightContainer(to, 3, { id: 'n3', state: 'created' });
    const memory3 = failed('start', { of: to, replica: 3 });
    expect(lines(situation(to, [o1!, o2!, o3, n3], { memory: memory3 }))).toEqual([
      'remove n3 → rename o3 to web-3 → set-restart-policy always on o3 → start o3',
      '! start: start failed (again in 1000 ms)',
      '! plan: replica 2 waits: host port 83 goes back to replica 3',
      '! plan: replica 1 waits: host port 82 is held by web-2',
    ]);
  });

  test('nobody waits for one that can not go back', () => {
    const wide = ports(81, 91);
    const o2 = rightContainer(wide, 2, {
      ...{ id: 'o2', state: 'exited', fingerprint: 'v1:other' },
      ports: [83, 91].map((host_port) => ({ host_port, container_port: 80 })),
    });
    const observed = { taken_ports: [{ host_port: 82, by: 'db' }] };
    expect(lines(situation(wide, [o2, rightContainer(wide, 3)], { observed }))).toEqual([
      'create web-1 from shop:1 → start the new 1',
      '! start: replica 2 waits: host port 82 is published by the container db',
      '! plan: replica 2 waits: host port 83 is held by web-3',
    ]);
  });

  test('when one of a cycle fails, both go back', () => {
    const there = { ...ports(81, 91), spec: { ...specOf(ports(81, 91)), containers_per: { server: 2 } } };
    const crossed = { ...there, spec: { ...specOf(there), starting_ports: [82, 90] } };
    const aside = [1, 2].map((n) =>
      rightContainer(there, n, { ...setAside, id: `o${n}`, name: `web-${n}.old` }),
    );
    const created = [1, 2].map((n) => rightContainer(crossed, n, { id: `n${n}`, state: 'created' }));
    const input = { memory: failed('start', { of: crossed }) };
    expect(lines(situation(crossed, [...aside, ...created], input))).toEqual([
      'remove n1 → rename o1 to web-1 → set-restart-policy always on o1 → start o1',
      'remove n2 → rename o2 to web-2 → set-restart-policy always on o2 → start o2',
      '! start: start failed (again in 1000 ms)',
      '! plan: replica 2 waits: host port 91 goes back to replica 1',
    ]);
  });
});
