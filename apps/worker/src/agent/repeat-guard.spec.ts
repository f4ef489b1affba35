import { expect, test } from '@jest/globals';
import { Clock } from '../clock.js';
import { desiredApp, rightContainer } from '../reconcile/testing/builders.js';
import type { Step } from '../reconcile/step.js';
import { RepeatGuard } from './repeat-guard.js';

class StandingClock extends Clock {
  override now(): number {
    return 1_000_000;
  }

  override random(): number {
    return 0;
  }
}

const app = desiredApp();

/** A container of another id each time is renamed. */
function round(n: number) {
  const container = rightContainer(app, 1, { id: `${n}`.padStart(64, 'a'), name: 'stray' });
  const step: Step = { kind: 'rename', replica: 1, target: { by: 'id', id: container.id }, name: 'web-1' };
  return { lanes: [[step]], containers: [container] };
}

test('the same steps on containers that are made anew each time are the same', () => {
  const guard = new RepeatGuard(new StandingClock());
  for (let n = 1; n <= 3; n += 1) {
    const { lanes, containers } = round(n);
    expect(guard.waitFor(lanes, containers)).toBe(0);
    guard.done(lanes, containers);
  }
  const { lanes, containers } = round(4);
  expect(guard.waitFor(lanes, containers)).toBe(1_000);
  expect(guard.trouble(lanes, containers)).toMatchObject({
    step: 'run',
    message: 'something undoes again and again what is done here: rename stray to web-1 (3 times)',
  });
});

test('other steps are not', () => {
  const guard = new RepeatGuard(new StandingClock());
  for (let n = 1; n <= 3; n += 1) {
    const { lanes, containers } = round(n);
    guard.done(lanes, containers);
  }
  const { containers } = round(4);
  const [id = ''] = containers.map((container) => container.id);
  const other: Step[][] = [[{ kind: 'rename', replica: 1, target: { by: 'id', id }, name: 'web-1.moved-0' }]];
  expect(guard.waitFor(other, containers)).toBe(0);
  expect(guard.trouble(other, containers)).toBeNull();
});
