import { describe, expect, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { formatPlan } from './format-plan.js';
import { NO_LIMITS } from './limits.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import { desiredApp, NODE, NOW, rightContainer, situation } from './testing/builders.js';

const MIB = 1024 * 1024;
const node = { ...NODE, can_update: false, is_podman: true };

/** What is done on an engine that changes nothing about a container that is right for `spec` apart from `found`. */
function look(spec: Partial<AppSpec>, found: Partial<ObservedContainer> = {}): string[] {
  const desired = desiredApp(spec);
  return formatPlan(plan(situation(desired, [rightContainer(desired, 1, found)], { node })), NOW);
}

/** The container is made anew. It has its name before it is stopped, by which it is known as one that was set aside. */
const ANEW = [
  'create web-1.next from shop:1 → rename c1 to web-1.old → stop c1 → rename the new 1 to web-1 → start the new 1 → remove c1',
];

describe('on an engine that can change neither the restart policy nor the limits of a container', () => {
  const resources = { memory: '64m', cpus: 1, pids: 10 };
  const limits = { ...NO_LIMITS, memory: 64 * MIB, memory_swap: 128 * MIB, cpus: 1, pids: 10 };

  test('what is as wanted is left alone', () => {
    expect(look({ resources, restart_policy: 'on-failure:0' })).toEqual([]);
    expect(look({ hooks: { pre_stop: { command: ['a'] } } })).toEqual([]);
  });

  test.each([
    [0.123456, 0.12345],
    [0.57, 0.57],
    [1.000009999, 1],
    // What the processors of this server are by another word.
    [7.999999999999, null],
  ])('%s processors are had as %s: Podman leaves out what is finer', (cpus, has) => {
    expect(look({ resources: { cpus } }, { limits: { ...NO_LIMITS, cpus: has } })).toEqual([]);
  });

  test.each([
    [0.12346, 0.12345],
    [0.57, 0.56999],
    [0.5, null],
  ])('%s processors are not %s', (cpus, has) => {
    expect(look({ resources: { cpus } }, { limits: { ...NO_LIMITS, cpus: has } })).toEqual(ANEW);
  });

  test.each<[string, Partial<AppSpec>, Partial<ObservedContainer>]>([
    ['another version', {}, { fingerprint: 'v1:old' }],
    ['another restart policy', {}, { restart_policy: 'no' }],
    ['another limit', { resources }, { limits: { ...limits, pids: 9 } }],
    ['a limit that is not wanted', {}, { limits: { ...NO_LIMITS, cpus: 1 } }],
    ['a limit of memory that is not wanted', {}, { limits: { ...NO_LIMITS, memory: MIB } }],
  ])('%s needs a new container, and no step changes the old one', (_what, spec, found) => {
    expect(look(spec, found)).toEqual(ANEW);
  });

  test('what was set aside is not taken for one whose program is done, whatever its policy says', () => {
    const desired = desiredApp({ restart_policy: 'on-failure' });
    const aside = rightContainer(desired, 1, { name: 'web-1.old', state: 'exited' });
    expect(formatPlan(plan(situation(desired, [aside], { node })), NOW)).toEqual([
      'rename c1 to web-1 → start c1',
    ]);
  });

  test('what was stopped is started as it is', () => {
    expect(look({}, { state: 'exited' })).toEqual(['start c1']);
  });

  test('one that can not be brought back hinders nobody who could be made anew', () => {
    const desired = desiredApp({ starting_ports: [81], containers_per: { server: 2 } });
    const stubborn = rightContainer(desired, 1, { restart_policy: 'no' });
    // Its host port is that of the other one, and its own is published by somebody else.
    const ports = [{ host_port: 81, container_port: 80 }];
    const lost = rightContainer(desired, 2, { fingerprint: 'v1:before', state: 'exited', ports });
    const observed = { taken_ports: [{ host_port: 82, by: 'db' }] };
    const lines = formatPlan(plan(situation(desired, [stubborn, lost], { node, observed })), NOW);
    expect(lines[0]).toMatch(/^create web-1.next .* → remove c1$/);
    expect(lines.slice(1)).toContain(
      '! start: replica 2 waits: host port 82 is published by the container db',
    );
  });

  test('a hook after the start is refused, since nothing could be held for it', () => {
    expect(look({ hooks: { post_start: { command: ['warm'] } } })).toEqual([
      expect.stringContaining('! plan: hooks: post_start needs an engine that can change the restart policy'),
    ]);
  });
});
