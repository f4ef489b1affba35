import { expect, test } from '@jest/globals';
import { isInHandOver } from './hand-over.js';
import { plan } from './plan.js';
import { desiredApp, rightContainer, situation } from './testing/builders.js';

test('a lane is in a hand-over from the stop of a replica to its start', () => {
  const before = desiredApp();
  const [lane = []] = plan(
    situation(desiredApp({ env_vars: { A: '1' } }), [rightContainer(before, 1)]),
  ).lanes;
  const during = lane.map(({ kind }, done) => (isInHandOver(lane, done) ? kind : null)).filter(Boolean);
  expect(lane.map(({ kind }) => kind)).toEqual([
    ...['create', 'set-restart-policy', 'stop', 'rename', 'rename', 'start', 'remove'],
  ]);
  expect(during).toEqual(['rename', 'rename', 'start']);
});

test('a lane is in one while a container is out of a network that it is put back into', () => {
  const desired = desiredApp({ networks: [{ name: 'back', aliases: ['shop'] }] });
  const nameless = rightContainer(desired, 1, { aliases: {} });
  const [lane = []] = plan(
    situation(desired, [nameless], { observed: { networks: ['nebula', 'back'] } }),
  ).lanes;
  expect(lane.map(({ kind }) => kind)).toEqual(['disconnect', 'connect']);
  expect([0, 1, 2].map((done) => isInHandOver(lane, done))).toEqual([false, true, false]);
});

test('a stop that nothing is started after is none', () => {
  const surplus = plan(situation(desiredApp({ running: false }), [rightContainer(desiredApp(), 1)])).lanes[0];
  expect(surplus?.map(({ kind }) => kind)).toEqual(['stop', 'remove']);
  expect(isInHandOver(surplus ?? [], 1)).toBe(false);
});
