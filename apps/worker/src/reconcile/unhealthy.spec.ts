import { describe, expect, test } from '@jest/globals';
import { formatPlan } from './format-plan.js';
import { learn } from './learn.js';
import { withRestart } from './memory-updates.js';
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
});
