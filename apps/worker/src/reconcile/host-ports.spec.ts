import { describe, expect, it, test } from '@jest/globals';
import type { AppSpec } from '@nebula/contracts';
import { collide, type HostPort, portName } from './host-ports.js';
import { formatPlan } from './format-plan.js';
import { plan } from './plan.js';
import { desiredApp, NOW, rightContainer, situation } from './testing/builders.js';

const tcp: HostPort = { host_port: 53 };
const udp: HostPort = { host_port: 53, protocol: 'udp' };
const on = (host_address: string): HostPort => ({ host_port: 53, host_address });

test.each<[string, HostPort, HostPort, boolean]>([
  ['the same', tcp, { host_port: 53, protocol: 'tcp' }, true],
  ['another number', tcp, { host_port: 54 }, false],
  ['another protocol', tcp, udp, false],
  ['an address and all', tcp, on('127.0.0.1'), true],
  ['an address of the other kind and all', tcp, on('::1'), true],
  ['two addresses', on('127.0.0.1'), on('127.0.0.2'), false],
  ['one address', on('127.0.0.1'), on('127.0.0.1'), true],
  ['an address and all of its kind', on('0.0.0.0'), on('127.0.0.1'), true],
  ['an address and all of the other kind', on('0.0.0.0'), on('::1'), false],
  ['an address and all of its kind, of six', on('::'), on('::1'), true],
  ['all of one kind and all', on('0.0.0.0'), tcp, true],
  ['an address of another protocol', { ...udp, host_address: '127.0.0.1' }, tcp, false],
])('%s', (_what, a, b, expected) => {
  expect(collide(a, b)).toBe(expected);
  expect(collide(b, a)).toBe(expected);
});

test.each<[HostPort, string]>([
  [tcp, '53'],
  [udp, '53/udp'],
  [on('127.0.0.1'), '127.0.0.1:53'],
  [{ ...udp, host_address: '::1' }, '[::1]:53/udp'],
])('%j is called %s', (port, name) => {
  expect(portName(port)).toBe(name);
});

describe('a plan', () => {
  const dns = desiredApp({ starting_ports: ['53/udp'] });
  const lines = (desired: typeof dns, taken_ports: (HostPort & { by: string })[]) =>
    formatPlan(plan(situation(desired, [], { observed: { taken_ports } })), NOW);

  it('starts beside what publishes the same number by another protocol', () => {
    expect(lines(dns, [{ host_port: 53, by: 'web' }])).toEqual([
      'create web-1 from shop:1 → start the new 1',
    ]);
    expect(lines(dns, [{ ...udp, by: 'dns' }])).toEqual([
      '! start: replica 1 waits: host port 53/udp is published by the container dns',
    ]);
  });

  it('waits for an address that somebody has, and for all of them while somebody has one', () => {
    const local = desiredApp({ starting_ports: [{ '127.0.0.1:81': '80' }] });
    const everywhere = desiredApp({ starting_ports: [{ '81': '80' }] });
    const other = { host_port: 81, host_address: '127.0.0.2', by: 'other' };
    expect(lines(local, [other])).toEqual(['create web-1 from shop:1 → start the new 1']);
    expect(lines(everywhere, [other])).toEqual([
      '! start: replica 1 waits: host port 81 is published by the container other',
    ]);
    expect(lines(local, [{ host_port: 81, by: 'other' }])).toEqual([
      '! start: replica 1 waits: host port 127.0.0.1:81 is published by the container other',
    ]);
  });

  it('hands over in order what collides alone', () => {
    const replicas = { containers_per: { server: 2 } };
    const before = desiredApp({ ...replicas, starting_ports: ['81/udp'] });
    const lanesOf = (after: typeof dns) =>
      plan(
        situation(
          after,
          [1, 2].map((replica) => rightContainer(before, replica)),
        ),
      ).lanes.length;
    // 81 and 82 become 82 and 83: one lane. With another protocol nobody waits for the other.
    expect(lanesOf(desiredApp({ ...replicas, starting_ports: ['82/udp'] }))).toBe(1);
    expect(lanesOf(desiredApp({ ...replicas, starting_ports: [82] }))).toBe(2);
  });

  it('sees replicas that would need the same port of one server', () => {
    const many = (starting_ports: AppSpec['starting_ports']) =>
      lines(desiredApp({ containers_per: { cpu: 1 }, starting_ports }), []).filter((line) =>
        line.startsWith('!'),
      );
    expect(many([81, '85/udp'])).toEqual([]);
    expect(many([81, 85])).toEqual([expect.stringContaining('would both need host port 85')]);
  });
});
