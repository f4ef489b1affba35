import { describe, expect, test } from '@jest/globals';
import { containerKey } from './failure-key.js';
import { formatPlan } from './format-plan.js';
import { emptyMemory } from './memory.js';
import { afterFailure } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import type { PlanInput } from './plan-input.js';
import { desiredApp, NOW, rightContainer, situation, specOf } from './testing/builders.js';

const lines = (input: PlanInput) => formatPlan(plan(input), NOW);
const app = desiredApp({ networks: ['back', 'front'], starting_ports: [81] });
const there = { observed: { networks: ['nebula', 'back', 'front'] } };
const c = (more: Partial<ObservedContainer> = {}) => rightContainer(app, 1, more);

describe('a right container', () => {
  test('is put into the networks that it is missing in, whether it runs or not, and not restarted', () => {
    for (const state of ['running', 'restarting'] as const) {
      expect(lines(situation(app, [c({ state, networks: ['back'] })], there)).slice(0, 1)).toEqual([
        'connect c1 to nebula → connect c1 to front',
      ]);
    }
    expect(lines(situation(app, [c({ state: 'paused', networks: ['back'] })], there))).toEqual([
      'unpause c1 → connect c1 to nebula → connect c1 to front',
    ]);
    for (const state of ['created', 'exited'] as const) {
      expect(lines(situation(app, [c({ state, networks: ['back'] })], there))).toEqual([
        'connect c1 to nebula → connect c1 to front → start c1',
      ]);
    }
  });

  test('waits for a host port that somebody else publishes meanwhile', () => {
    const observed = { ...there.observed, taken_ports: [{ host_port: 81, by: 'db' }] };
    expect(lines(situation(app, [c({ networks: [] })], { observed }))).toEqual([
      '! connect: web-1 waits: host port 81 is published by the container db',
    ]);
    expect(lines(situation(app, [c()], { observed }))).toEqual([]);
  });

  test('stays in a network that somebody else has put it into', () => {
    expect(lines(situation(app, [c({ networks: ['nebula', 'back', 'front', 'odd'] })], there))).toEqual([]);
  });

  const named = desiredApp({ networks: [{ name: 'back', aliases: ['shop', 'web'] }], starting_ports: [81] });
  const called = (aliases: string[], more: Partial<ObservedContainer> = {}): ObservedContainer =>
    rightContainer(named, 1, { aliases: { back: aliases }, ...more });

  test('that others do not find by all names of the app is put into the network anew, and not restarted', () => {
    const anew = 'disconnect c1 from back → connect c1 to back';
    expect(lines(situation(named, [called(['web', '0123456789ab', 'shop'])], there))).toEqual([]);
    expect(lines(situation(named, [called(['web', '0123456789ab'])], there))).toEqual([anew]);
    expect(lines(situation(named, [called([], { state: 'exited' })], there))).toEqual([`${anew} → start c1`]);
    const [lane] = plan(situation(named, [called([])], there)).lanes;
    expect(lane?.at(-1)).toMatchObject({ kind: 'connect', aliases: ['shop', 'web'] });
  });

  test('stays in the network while it could not be put back: for a port of somebody else, or after a failure', () => {
    const observed = { ...there.observed, taken_ports: [{ host_port: 81, by: 'db' }] };
    expect(lines(situation(named, [called([])], { observed }))).toEqual([
      '! connect: web-1 waits: host port 81 is published by the container db',
    ]);
    for (const step of ['connect', 'disconnect'] as const) {
      const key = `${containerKey(step, 1, called([]).fingerprint)} back`;
      const failed = { key, step, message: 'no', terminal: false };
      const memory = afterFailure(situation(named, []).memory, failed, NOW, 0);
      expect(lines(situation(named, [called([])], { ...there, memory }))).toEqual([
        `! ${step}: no (again in 1000 ms)`,
      ]);
    }
  });

  test('waits for a network that is gone', () => {
    const observed = { networks: ['nebula', 'front'] };
    expect(lines(situation(app, [c({ networks: ['nebula', 'front'] })], { observed }))).toEqual([
      'create-network back',
    ]);
  });

  test.each(['host', 'none', 'container:db'])('of the network %s is missing in none', (network) => {
    const alone = desiredApp({ networks: [network] });
    expect(lines(situation(alone, [rightContainer(alone, 1, { networks: [] })]))).toEqual([]);
  });

  test('that could not be put into a network runs on until the next try', () => {
    const { fingerprint } = c();
    const key = `${containerKey('connect', 1, fingerprint)} back`;
    const failure = {
      ...({
        step: 'connect',
        message: 'no address is left',
        attempts: 1,
        since: NOW,
        terminal: false,
      } as const),
      ...{ failed_at: NOW - 1, retry_at: NOW + 900 },
    };
    const memory = { ...situation(app, []).memory, failures: { [key]: failure } };
    const lost = [c({ networks: ['nebula'] })];
    expect(lines(situation(app, lost, { ...there, memory }))).toEqual([
      'connect c1 to front',
      '! connect: no address is left (again in 900 ms)',
    ]);
    expect(
      lines(situation(app, lost, { ...there, memory: { ...memory, ...emptyMemory(), pin: memory.pin } })),
    ).toEqual(['connect c1 to back → connect c1 to front']);
  });
});

describe('what ran before the spec', () => {
  test('is put back into its network while the image of the new one can not be had', () => {
    const next = desiredApp({ docker_image: 'shop:2' });
    const old = rightContainer(desiredApp(), 1, { networks: [] });
    const away = { memory: emptyMemory(), observed: { images: { 'shop:2': null } } };
    expect(lines(situation(next, [old], away))).toEqual(['pull shop:2', 'connect c1 to nebula']);
  });

  test('has the aliases there that the version before had, where that is known', () => {
    const before = desiredApp({ networks: [{ name: 'nebula', aliases: ['shop'] }] });
    const next = desiredApp({ docker_image: 'shop:2' });
    const old = rightContainer(before, 1, { networks: [] });
    const good = { revision: 1, spec: specOf(before), tokens: before.tokens, pin: null };
    const observed = { images: { 'shop:2': null }, networks: ['nebula'] };
    const steps = (containers: ObservedContainer[]) =>
      plan(situation(next, containers, { memory: { ...emptyMemory(), good }, observed })).lanes.flat();
    expect(steps([old])).toContainEqual(
      expect.objectContaining({ kind: 'connect', network: 'nebula', aliases: ['shop'] }),
    );
    const other = { ...old, fingerprint: 'v1:other' };
    expect(steps([other]).find(({ kind }) => kind === 'connect')).not.toHaveProperty('aliases');
  });
});
