import { expect, test } from '@jest/globals';
import type { OtherApp } from './dependencies.js';
import { formatPlan } from './format-plan.js';
import { plan } from './plan.js';
import type { PlanInput } from './plan-input.js';
import { appState } from './status.js';
import { desiredApp, NOW, rightContainer, situation } from './testing/builders.js';

const web = desiredApp({ depends_on: ['db'] });
const lines = (input: PlanInput): string[] => formatPlan(plan(input), NOW);
const others = (...apps: [string, Partial<OtherApp>][]): { others: Map<string, OtherApp> } => ({
  others: new Map(
    apps.map(([name, more]) => [name, { depends_on: [], running: true, has_converged: false, ...more }]),
  ),
});
const STARTS = ['create web-1 from shop:1 → start the new 1'];

test('the first start waits until the other app has run as wanted once', () => {
  const input = situation(web, [], others(['db', {}]));
  expect(lines(input)).toEqual([
    '! plan: waits for the app db, which has not run as wanted here yet (again in 60000 ms)',
  ]);
  expect(appState(plan(input), web, input.observed)).toBe('converging');
  expect(lines(situation(web, [], others(['db', { has_converged: true }])))).toEqual(STARTS);
});

test('a container that was made and does not run is not started before', () => {
  for (const state of ['created', 'exited'] as const) {
    const containers = [rightContainer(web, 1, { state })];
    expect(lines(situation(web, containers, others(['db', {}])))).toHaveLength(1);
    expect(lines(situation(web, containers, others(['db', { has_converged: true }])))).toEqual(['start c1']);
  }
});

test('what is too much is removed while the first start waits', () => {
  const gone = rightContainer(web, 2, { state: 'exited' });
  expect(lines(situation(web, [gone], others(['db', {}])))).toEqual([
    'remove c2',
    '! plan: waits for the app db, which has not run as wanted here yet (again in 60000 ms)',
  ]);
  const none = desiredApp({ depends_on: ['db'], containers_per: { server: 0 } });
  expect(lines(situation(none, [rightContainer(web, 1, { state: 'exited' })], others()))).toEqual([
    'remove c1',
  ]);
});

test('what has done its work waits for nothing after a restart of the worker', () => {
  const job = desiredApp({ depends_on: ['db'], restart_policy: 'no' });
  const input = situation(job, [rightContainer(job, 1, { state: 'exited' })], others(['db', {}]));
  expect(lines(input)).toEqual([]);
  expect(appState(plan(input), job, input.observed)).toBe('converged');
});

test('what has run as wanted since the worker began is started again without a wait', () => {
  const known = others(['db', {}], ['web', { depends_on: ['db'], has_converged: true }]);
  expect(lines(situation(web, [rightContainer(web, 1, { state: 'exited' })], known))).toEqual(['start c1']);
});

test('what runs is repaired, scaled and changed whatever the other app does', () => {
  const wanted = desiredApp({ depends_on: ['db'], containers_per: { server: 2 } });
  for (const known of [
    others(),
    others(['db', { running: false }]),
    others(['db', { depends_on: ['web'] }]),
  ]) {
    expect(lines(situation(wanted, [rightContainer(wanted, 1)], known))).toEqual([
      'create web-2 from shop:1 → start the new 2',
    ]);
  }
});

test('an app that this worker does not run, and one that is stopped, are told of', () => {
  const input = situation(web, [], others());
  expect(lines(input)).toEqual([
    "! plan: depends_on: this worker doesn't run the app db, without which it isn't started",
  ]);
  expect(appState(plan(input), web, input.observed)).toBe('failed');
  expect(lines(situation(web, [], others(['db', { running: false, has_converged: true }])))).toEqual([
    '! plan: waits for the app db, which is stopped (again in 60000 ms)',
  ]);
});

test('a cycle is found and said', () => {
  const input = situation(
    web,
    [],
    others(['db', { depends_on: ['x', 'cache'] }], ['cache', { depends_on: ['web'] }]),
  );
  expect(lines(input)).toEqual([
    '! plan: depends_on: web → db → cache → web is a cycle, so none of them is started',
  ]);
  expect(appState(plan(input), web, input.observed)).toBe('failed');
  // A cycle of others is their failure; this one waits for them.
  const beside = others(['db', { depends_on: ['cache'] }], ['cache', { depends_on: ['db'] }]);
  expect(lines(situation(web, [], beside))[0]).toContain('waits for the app db');
});

test('an app that is stopped or deleted waits for nothing', () => {
  const stopped = desiredApp({ depends_on: ['db'], running: false });
  expect(lines(situation(stopped, [rightContainer(web, 1)], others()))).toEqual(['stop c1 → remove c1']);
});
