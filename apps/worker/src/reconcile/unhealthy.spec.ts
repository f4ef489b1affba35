import { describe, expect, test } from '@jest/globals';
import { formatPlan } from './format-plan.js';
import { learn } from './learn.js';
import type { DesiredApp } from './desired.js';
import { containerKey } from './failure-key.js';
import { afterFailure, withRestart } from './memory-updates.js';
import type { PlanInput } from './plan-input.js';
import { type AppMemory, emptyMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { desiredApp, NOW, rightContainer, situation } from './testing/builders.js';

const app = desiredApp();
const sick = (more: Partial<ObservedContainer> = {}) =>
  rightContainer(app, 1, { health: 'unhealthy', ...more });

/** What is learned at one moment, and what is then to be done. */
function lookAt(container: ObservedContainer, memory: AppMemory, now: number) {
  const pin = { image: 'shop:1', release: 0, image_id: 'id of shop:1' };
  const input = situation(app, [container], { memory: { ...memory, pin }, now });
  const learned = learn(input);
  return { memory: learned, lines: formatPlan(plan({ ...input, memory: learned }), now) };
}

describe('an unhealthy container', () => {
  test('is restarted after the grace, and each time after twice the wait', () => {
    let memory = emptyMemory();
    let now = NOW;
    for (const wait of [30_000, 60_000, 120_000]) {
      const seen = lookAt(sick(), memory, now);
      expect(seen.lines).toEqual([`! run: web-1 is unhealthy by its own health check (again in ${wait} ms)`]);
      expect(lookAt(sick(), seen.memory, now + wait - 1).lines[0]).not.toContain('restart');
      const due = lookAt(sick(), seen.memory, now + wait);
      expect(due.lines).toEqual(['restart c1', '! run: web-1 is unhealthy by its own health check']);
      memory = lookAt(sick({ health: 'starting' }), withRestart(due.memory, 'c1'), now + wait + 1000).memory;
      now += wait + 2000;
    }
    expect(memory.unhealthy['c1']).toEqual({ since: null, attempts: 3, restarts: 3 });
  });

  test('waits no longer than ten minutes', () => {
    const memory = { ...emptyMemory(), unhealthy: { c1: { since: NOW, attempts: 30, restarts: 30 } } };
    expect(lookAt(sick(), memory, NOW + 600_000).lines[0]).toBe('restart c1');
  });

  test('that is well again has its waits short again, and its restarts stay counted', () => {
    const memory = { ...emptyMemory(), unhealthy: { c1: { since: NOW, attempts: 2, restarts: 5 } } };
    const { memory: well, lines } = lookAt(sick({ health: 'healthy' }), memory, NOW);
    expect(lines).toEqual([]);
    expect(well.unhealthy['c1']).toEqual({ since: null, attempts: 0, restarts: 5 });
  });

  test('that is gone is forgotten', () => {
    const memory = { ...emptyMemory(), unhealthy: { gone: { since: NOW, attempts: 2, restarts: 5 } } };
    expect(lookAt(sick({ health: 'none' }), memory, NOW).memory.unhealthy).toEqual({});
  });

  test('is given its grace anew when the clock was set back', () => {
    const memory = {
      ...emptyMemory(),
      unhealthy: { c1: { since: NOW + 3_600_000, attempts: 0, restarts: 0 } },
    };
    expect(lookAt(sick(), memory, NOW).lines).toEqual([
      '! run: web-1 is unhealthy by its own health check (again in 30000 ms)',
    ]);
  });

  test('is restarted with its hooks and within its grace period', () => {
    const hooks = { post_start: { command: ['up'] }, pre_stop: { command: ['down'] } };
    const careful = desiredApp({ hooks, stop_grace_period_seconds: 300 });
    const { lanes } = plan(longSick(careful, [rightContainer(careful, 1, { health: 'unhealthy' })]));
    expect(lanes).toMatchObject([
      [
        { kind: 'set-restart-policy', policy: 'no' },
        { kind: 'pre-stop', hook: { command: ['down'] } },
        { kind: 'restart', grace_seconds: 300 },
        { kind: 'post-start', hook: { command: ['up'] }, grace_seconds: 300 },
        { kind: 'set-restart-policy', policy: 'always' },
      ],
    ]);
  });

  test('of the version before is restarted while the update waits', () => {
    const old = rightContainer(app, 1, { health: 'unhealthy' });
    const input = longSick(desiredApp({ env_vars: { A: '1' } }), [old]);
    const hold = { from: NOW, until: NOW + 600_000 };
    const { lanes, problems } = plan({ ...input, memory: { ...input.memory, hold } });
    expect(lanes).toMatchObject([[{ kind: 'restart' }]]);
    expect(problems.map(({ message }) => message)).toContain('web-1 is unhealthy by its own health check');
  });

  test('waits up to half as long again, by chance, so that not all servers restart at once', () => {
    const [early, late] = ['0'.repeat(64), 'f'.repeat(64)].map((id) => {
      const { lines } = lookAt(sick({ id }), lookAt(sick({ id }), emptyMemory(), NOW).memory, NOW);
      return Number(/again in (\d+) ms/.exec(lines[0] ?? '')?.[1]);
    });
    expect([early, late]).toEqual([30_000, 45_000]);
  });
});

/** Noted as unhealthy for so long that each of them is due, one after the other. */
function longSick(desired: DesiredApp, containers: ObservedContainer[]): PlanInput {
  const input = situation(desired, containers);
  const noted = containers
    .filter(({ health }) => health === 'unhealthy')
    .map(({ id, replica }) => [id, { since: NOW - 100_000 + replica, attempts: 0, restarts: 0 }] as const);
  return { ...input, memory: { ...input.memory, unhealthy: Object.fromEntries(noted) } };
}

describe('of several unhealthy containers', () => {
  const three = desiredApp({ containers_per: { server: 3 } });
  const all = [1, 2, 3].map((replica) => rightContainer(three, replica, { health: 'unhealthy' }));

  test('so many are restarted at once as may be unavailable, whose time came first before the others', () => {
    expect(formatPlan(plan(longSick(three, all)), NOW)).toEqual([
      'restart c1',
      '! run: web-1 is unhealthy by its own health check',
      '! run: web-2 is unhealthy by its own health check (again in 60000 ms)',
      '! run: web-3 is unhealthy by its own health check (again in 60000 ms)',
    ]);
    const two = desiredApp({ containers_per: { server: 3 }, update: { max_unavailable: 2 } });
    expect(plan(longSick(two, all)).lanes).toHaveLength(2);
  });

  test('none is restarted while another one is on its way back, but for one that can not be worked on', () => {
    const [first, ...others] = all;
    if (!first) throw new Error('There is no first one.');
    const input = longSick(three, [{ ...first, health: 'starting' }, ...others]);
    const unhealthy = { ...input.memory.unhealthy, c1: { since: null, attempts: 1, restarts: 1 } };
    const memory = { ...input.memory, unhealthy };
    expect(plan({ ...input, memory }).lanes).toEqual([]);

    const stuck = longSick(three, all);
    const key = containerKey('restart', 1, first.fingerprint);
    const failed = { key, step: 'restart', message: 'no', terminal: false } as const;
    const lines = formatPlan(plan({ ...stuck, memory: afterFailure(stuck.memory, failed, NOW, 0) }), NOW);
    expect(lines[0]).toBe('restart c2');
  });
});
