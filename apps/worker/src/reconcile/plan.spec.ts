import { describe, expect, test } from '@jest/globals';
import { formatPlan } from './format-plan.js';
import type { ObservedContainer } from './observed.js';
import { plan } from './plan.js';
import type { PlanInput } from './plan-input.js';
import { desiredApp, NODE, NOW, rightContainer, situation } from './testing/builders.js';

const lines = (input: PlanInput) => formatPlan(plan(input), NOW);
const two = desiredApp({ containers_per: { server: 2 } });
const c = (replica: number, more: Partial<ObservedContainer> = {}) => rightContainer(two, replica, more);

describe('what is right', () => {
  test('is not touched', () => {
    expect(lines(situation(two, [c(1), c(2)]))).toEqual([]);
  });

  test('is not touched when its image and its network are gone from the engine', () => {
    expect(lines(situation(two, [c(1), c(2)], { observed: { images: {}, networks: [] } }))).toEqual([]);
  });

  test('is created and started where it is missing, each in a lane of its own', () => {
    expect(lines(situation(two, []))).toEqual([
      'create web-1 from shop:1 → start the new 1',
      'create web-2 from shop:1 → start the new 2',
    ]);
  });

  test('is started where it has exited, and gets its policy back', () => {
    expect(lines(situation(two, [c(1), c(2, { state: 'exited', restart_policy: 'no' })]))).toEqual([
      'set-restart-policy always on c2 → start c2',
    ]);
  });

  test('gets its restart policy back while it runs', () => {
    expect(lines(situation(two, [c(1), c(2, { restart_policy: 'unless-stopped' })]))).toEqual([
      'set-restart-policy always on c2',
    ]);
  });

  test('is unpaused', () => {
    expect(lines(situation(two, [c(1), c(2, { state: 'paused' })]))).toEqual(['unpause c2']);
  });

  test('gets its name back while it runs', () => {
    expect(lines(situation(two, [c(1), c(2, { name: 'web-2.next' })]))).toEqual(['rename c2 to web-2']);
  });

  test('is left to the engine while it restarts, and the exit code is told', () => {
    const crashing = c(2, { state: 'restarting', exit_code: 3, restart_count: 5 });
    expect(lines(situation(two, [c(1), crashing]))).toEqual([
      '! run: web-2 ends with exit code 3; the engine has restarted it 5 times',
    ]);
  });

  test.each([
    [
      'on the network "host"',
      ', perhaps since replicas on the network "host" want the same port',
      2,
      ['host'],
    ],
    ['alone on it', '', 1, ['host']],
    ['on a network of their own', '', 2, []],
  ])('that ends again and again with others %s is told of with "%s"', (_where, guess, server, networks) => {
    const app = desiredApp({ networks, containers_per: { server } });
    const crashing = rightContainer(app, server, { state: 'restarting', exit_code: 98, restart_count: 5 });
    const others = server > 1 ? [rightContainer(app, 1)] : [];
    expect(lines(situation(app, [...others, crashing]))).toEqual([
      `! run: web-${server} ends with exit code 98${guess}; the engine has restarted it 5 times`,
    ]);
  });

  test('is only told about when it is unhealthy', () => {
    expect(lines(situation(two, [c(1), c(2, { health: 'unhealthy' })]))).toEqual([
      '! run: web-2 is unhealthy by its own health check',
    ]);
  });

  test('is waited for while the engine removes it', () => {
    expect(lines(situation(two, [c(1), c(2, { state: 'removing' })]))).toEqual([
      '! plan: web-2 is being removed by the engine (again in 1000 ms)',
    ]);
  });

  test('is made anew when it is dead', () => {
    expect(lines(situation(two, [c(1), c(2, { state: 'dead' })]))).toEqual([
      'remove c2 → create web-2 from shop:1 → start the new 2',
    ]);
  });

  test('is there once: a second one of the same replica goes', () => {
    expect(lines(situation(two, [c(1), c(2), c(2, { id: 'double', name: 'x' })]))).toEqual([
      'stop double → remove double',
    ]);
  });
});

describe('surplus', () => {
  test('goes, the highest replica first', () => {
    const containers = [1, 2, 3, 4].map((replica) => c(replica));
    expect(lines(situation(two, containers))).toEqual(['stop c4 → remove c4', 'stop c3 → remove c3']);
  });

  test('is removed without a stop when it does not run', () => {
    const odd = c(1, { id: 'odd', replica: 0, name: 'odd', state: 'exited' });
    expect(lines(situation(two, [c(1), c(2), odd]))).toEqual(['remove odd']);
  });

  test('is everything when the server is too small for one replica', () => {
    const small = desiredApp({ containers_per: { cpu: 0.5 } });
    const input = situation(small, [rightContainer(small, 1)], { node: { ...NODE, cores: 1 } });
    expect(lines(input)).toEqual(['stop c1 → remove c1']);
  });

  test.each([
    ['a tombstone', desiredApp({}, { deleted: true, spec: null })],
    ['a stopped app', desiredApp({ running: false, containers_per: { server: 2 } })],
  ])('is everything for %s', (_what, desired) => {
    const containers = [c(1), c(2, { state: 'created' }), c(3, { state: 'removing' })];
    expect(lines(situation(desired, containers))).toEqual([
      'remove c2',
      'stop c1 → remove c1',
      '! plan: web-3 is being removed by the engine (again in 1000 ms)',
    ]);
  });
});

describe('what this server cannot do', () => {
  test('a port above the highest is told, and what runs is left alone', () => {
    const high = desiredApp({ containers_per: { cpu: 1 }, starting_ports: [65_530] });
    expect(lines(situation(high, [c(1), c(9)]))).toEqual([
      '! plan: starting_ports: replica 7 of 8 would need host port 65536; the highest is 65535',
    ]);
  });

  test('ports that collide through the number of replicas are told', () => {
    const close = desiredApp({ containers_per: { cpu: 1 }, starting_ports: [80, 85] });
    expect(lines(situation(close, [c(1)]))).toEqual([
      '! plan: starting_ports: replicas 1 and 6 of 8 would both need host port 85; leave more room between the ports or run fewer replicas',
    ]);
  });
});

describe('names', () => {
  const foreign = { taken_names: ['web-2', 'other'] };

  test('a name that somebody else has is told, and the other replicas go on', () => {
    expect(lines(situation(two, [], { observed: foreign }))).toEqual([
      'create web-1 from shop:1 → start the new 1',
      "! create: the name web-2 belongs to a container that is not this app's; remove or rename that container",
    ]);
  });

  test('an old container whose name was taken runs on', () => {
    const old = c(2, { fingerprint: 'v1:old', name: 'mine' });
    expect(lines(situation(two, [c(1), old], { observed: foreign }))).toEqual([
      "! create: the name web-2 belongs to a container that is not this app's; remove or rename that container",
    ]);
  });

  test('a passing name that is taken is avoided', () => {
    const old = c(2, { fingerprint: 'v1:old' });
    const taken_names = ['web-2.next', 'web-2.next.2', 'web-2.old'];
    expect(lines(situation(two, [c(1), old], { observed: { taken_names } }))).toEqual([
      'create web-2.next.3 from shop:1 → set-restart-policy no on c2 → stop c2 → rename c2 to web-2.old.2 → rename the new 2 to web-2 → start the new 2 → remove c2',
    ]);
  });

  test('names that were swapped are given up before anything else', () => {
    const swapped = [c(1, { name: 'web-2' }), c(2, { name: 'web-1' })];
    expect(lines(situation(two, swapped))).toEqual([
      'rename c1 to web-2.moved-0 → rename c2 to web-1.moved-1',
    ]);
  });
});

describe('networks', () => {
  const wired = desiredApp({ networks: ['back'], containers_per: { server: 2 } });
  const w = (replica: number, more: Partial<ObservedContainer> = {}) => rightContainer(wired, replica, more);

  test('that are missing are made before anything is started', () => {
    expect(lines(situation(wired, [w(2, { state: 'exited' }), w(3)]))).toEqual([
      'create-network back',
      'stop c3 → remove c3',
    ]);
  });

  test.each(['host', 'none', 'container:db'])('"%s" is not made', (network) => {
    const desired = desiredApp({ networks: [network] });
    expect(lines(situation(desired, [], { observed: { networks: [] } }))).toEqual([
      'create web-1 from shop:1 → start the new 1',
    ]);
  });
});
