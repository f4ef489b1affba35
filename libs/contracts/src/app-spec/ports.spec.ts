import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAppSpec, portMappings, replicaPorts } from '../index.js';
import { problemsOf, RIGHT, wrongPlaces } from './testing/problems.js';

describe('starting_ports', () => {
  it.each([
    [[]],
    [[80]],
    [['80']],
    [[{ '81': '80' }]],
    [[{ 81: 80 }]],
    [[1, 65_535]],
    [[80, 443, { '81': '80' }]],
    [['53/udp', '53/tcp', '80/sctp']],
    [[{ '53': '53/udp' }, { '127.0.0.1:81': 80 }, { '[::1]:81': '80/tcp' }]],
    [[{ '0.0.0.0:81': 80 }, { '[::]:81': 80 }, { '[2001:db8::1]:82': 80 }]],
  ])('takes %j', (ports) => {
    expect(problemsOf({ starting_ports: ports })).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [[0], ['/starting_ports/0']],
    [[65_536], ['/starting_ports/0']],
    [['http'], ['/starting_ports/0']],
    [[-1], ['/starting_ports/0']],
    [[80.5], ['/starting_ports/0']],
    [[NaN], ['/starting_ports/0']],
    [['0'], ['/starting_ports/0']],
    [['080'], ['/starting_ports/0']],
    [['65536'], ['/starting_ports/0']],
    [[' 80'], ['/starting_ports/0']],
    [['80/tpc'], ['/starting_ports/0']],
    [['80:80'], ['/starting_ports/0']],
    [['80/UDP'], ['/starting_ports/0']],
    [['80/udp/tcp'], ['/starting_ports/0']],
    [[{ '53/udp': '53' }], ['/starting_ports/0/53~1udp']],
    [[{ 'localhost:81': 80 }], ['/starting_ports/0/localhost:81']],
    [[{ '::1:81': 80 }], ['/starting_ports/0/::1:81']],
    [[{ '[127.0.0.1]:81': 80 }], ['/starting_ports/0/[127.0.0.1]:81']],
    [[{ '[fe80::1%eth0]:81': 80 }], ['/starting_ports/0/[fe80::1%eth0]:81']],
    [[{ '127.0.0.1:': 80 }], ['/starting_ports/0/127.0.0.1:']],
    [[{ ':81': 80 }], ['/starting_ports/0/:81']],
    [[{ '81': '53/upd' }], ['/starting_ports/0/81']],
    [['80/'], ['/starting_ports/0']],
    [['8e1'], ['/starting_ports/0']],
    [[''], ['/starting_ports/0']],
    [[null], ['/starting_ports/0']],
    [[true], ['/starting_ports/0']],
    [[[80]], ['/starting_ports/0']],
    [[[[]]], ['/starting_ports/0']],
    [[{}], ['/starting_ports/0']],
    [[{ '81': '80', '82': '80' }], ['/starting_ports/0']],
    [[{ '0': 80 }], ['/starting_ports/0/0']],
    [[{ http: 80 }], ['/starting_ports/0/http']],
    [[{ 'a/b~c': 80 }], ['/starting_ports/0/a~1b~0c']],
    [[80, { '81': 0 }], ['/starting_ports/1/81']],
    [[{ '81': 'http' }], ['/starting_ports/0/81']],
    [[{ '81': null }], ['/starting_ports/0/81']],
    [[{ '81': [80] }], ['/starting_ports/0/81']],
    [
      [0, 'x', 80, null],
      ['/starting_ports/0', '/starting_ports/1', '/starting_ports/3'],
    ],
    [null, ['/starting_ports']],
    [80, ['/starting_ports']],
    [{ '81': '80' }, ['/starting_ports']],
    ['80', ['/starting_ports']],
  ])('refuses %j', (ports, places) => {
    expect(wrongPlaces({ starting_ports: ports })).toEqual(places);
  });

  it('says what is allowed', () => {
    expect(problemsOf({ starting_ports: ['http'] })).toEqual([
      '/starting_ports/0 must be a port, 1 to 65535, not "http"',
    ]);
    expect(problemsOf({ starting_ports: ['8080:80'] })).toEqual([
      '/starting_ports/0 must be a port, 1 to 65535, not "8080:80"; write {"8080": "80"}',
    ]);
    expect(problemsOf({ starting_ports: ['127.0.0.1:81:53/udp', '53/upd', { '53/udp': 53 }] })).toEqual([
      '/starting_ports/0 must be a port, 1 to 65535, not "127.0.0.1:81:53/udp"; write {"127.0.0.1:81": "53/udp"}',
      '/starting_ports/1 must be a port, 1 to 65535, not "53/upd"; the protocol is one of tcp, udp, sctp',
      '/starting_ports/2/53~1udp must have a port, 1 to 65535, as its name (the host port); a protocol stands with the port in the container',
    ]);
  });
});

describe('collisions', () => {
  it.each<[unknown[], unknown, string[]]>([
    [[80, 80], { server: 1 }, ['/starting_ports/1']],
    [[80, '80'], { server: 1 }, ['/starting_ports/1']],
    [[80, { '80': '8080' }], { server: 1 }, ['/starting_ports/1']],
    [[80, 81], { server: 1 }, []],
    [[{ '81': '80' }, { '82': '80' }], { server: 1 }, []],
    [[80, 81], { server: 2 }, ['/starting_ports/1']],
    [[81, 80], { instance: 2 }, ['/starting_ports/1']],
    [[80, 82], { server: 2 }, []],
    [[80, 82], { server: 3 }, ['/starting_ports/1']],
    [[100, 80, 90], { server: 10 }, []],
    [[100, 80, 90], { server: 11 }, ['/starting_ports/2']],
    [[100, 120, 109, 91], { server: 10 }, ['/starting_ports/2', '/starting_ports/3']],
    [[80, 83], { cpu: 3 }, []],
    [[80, 82], { cpu: 3 }, ['/starting_ports/1']],
    [[80, 82], { cpu: 2.9 }, []],
    [[80, 81], { cpu: 0.5 }, []],
    [[80, 81], { memory: 512 }, []],
    [[65_535], { server: 1 }, []],
    [[65_535], { server: 2 }, ['/starting_ports/0']],
    [[65_534], { server: 2 }, []],
    [[65_535], { cpu: 2 }, ['/starting_ports/0']],
    [[65_535], { memory: 1 }, []],
    [[80, 'x', 80], { server: 'x' }, ['/starting_ports/1', '/starting_ports/2', '/containers_per/server']],
  ])('%j with %j', (ports, per, places) => {
    expect(wrongPlaces({ starting_ports: ports, containers_per: per })).toEqual(places);
  });

  it('names both ports', () => {
    expect(
      problemsOf({ starting_ports: [{ '81': '80' }, 443, '82'], containers_per: { server: 3 } }),
    ).toEqual([
      '/starting_ports/2 must not collide with item 0: that binds host port 81 to 83, this 82 to 84',
    ]);
    expect(problemsOf({ starting_ports: [65_000], containers_per: { server: 1000 } })).toEqual([
      '/starting_ports/0 must leave room for 1000 replicas: they would bind host ports 65000 to 65999, and the last is 65535',
    ]);
  });

  it.each<[unknown[], string[]]>([
    [['53/udp', 53, '53/sctp'], []],
    [['53/udp', { '53': '54/udp' }], ['/starting_ports/1']],
    [['53/tcp', 53], ['/starting_ports/1']],
    [[{ '127.0.0.1:80': 80 }, 80], ['/starting_ports/1']],
    [[80, { '[::1]:80': 80 }], ['/starting_ports/1']],
    [[{ '0.0.0.0:80': 80 }, { '[::1]:80': 80 }], []],
    [[{ '[::1]:80': 80 }, { '[0:0::1]:80': 80 }], ['/starting_ports/1']],
    [[{ '10.0.0.1:80': 80 }, { '[::ffff:10.0.0.1]:80': 80 }], ['/starting_ports/1']],
    [[{ '[::ffff:0.0.0.0]:80': 80 }, { '10.0.0.1:80': 80 }], ['/starting_ports/1']],
  ])('count for each protocol and address: %j', (ports, places) => {
    expect(wrongPlaces({ starting_ports: ports })).toEqual(places);
  });

  it('names protocol and address', () => {
    expect(
      problemsOf({
        starting_ports: ['53/udp', { '10.0.0.1:53': '5353/udp' }],
        containers_per: { server: 2 },
      }),
    ).toEqual([
      '/starting_ports/1 must not collide with item 0: that binds host port 53 to 54/udp, this 53 to 54/udp on 10.0.0.1',
    ]);
  });

  it('are found exactly where two ranges share a port of an address', () => {
    const ADDRESSES = ['', '0.0.0.0:', '[::]:', '10.0.0.1:', '10.0.0.2:', '[::1]:'];
    const start = fc.record({
      port: fc.integer({ min: 1, max: 20 }),
      address: fc.constantFrom(...ADDRESSES),
      protocol: fc.constantFrom('', '/udp'),
    });
    type Start = { port: number; address: string; protocol: string };
    // All that a server has, so that what is bound can be compared port by port.
    const bound = ({ address }: Start) =>
      ADDRESSES.slice(3).filter(
        (each) =>
          address === '' ||
          address === each ||
          (address === '0.0.0.0:' && !each.startsWith('[')) ||
          (address === '[::]:' && each.startsWith('[')),
      );
    fc.assert(
      fc.property(fc.array(start, { maxLength: 8 }), fc.integer({ min: 1, max: 6 }), (starts, replicas) => {
        const meet = (a: Start, b: Start) =>
          a.protocol === b.protocol &&
          Math.abs(a.port - b.port) < replicas &&
          bound(a).some((address) => bound(b).includes(address));
        const expected = starts.flatMap((each, index) =>
          starts.slice(0, index).some((other) => meet(each, other)) ? [`/starting_ports/${index}`] : [],
        );
        const starting_ports = starts.map(({ port, address, protocol }) => ({
          [`${address}${port}`]: `80${protocol}`,
        }));
        expect(wrongPlaces({ starting_ports, containers_per: { server: replicas } })).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('are found exactly where two ranges share a port', () => {
    const ports = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(ports, fc.integer({ min: 1, max: 12 }), (starts, replicas) => {
        const expected = starts.flatMap((port, index) =>
          starts.slice(0, index).some((other) => Math.abs(other - port) < replicas)
            ? [`/starting_ports/${index}`]
            : [],
        );
        expect(wrongPlaces({ starting_ports: starts, containers_per: { server: replicas } })).toEqual(
          expected,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe('networks without ports of their own', () => {
  it.each(['host', 'none', 'container:db'])('%s excludes published ports', (network) => {
    expect(problemsOf({ networks: [network], starting_ports: [80] })).toEqual([
      `/starting_ports must be empty when the network is "${network}": nothing can be published there`,
    ]);
    expect(problemsOf({ networks: [network] })).toEqual([]);
  });
});

describe('replicaPorts', () => {
  const spec = { starting_ports: [{ '81': '80' }, '443', 9000] };

  it('counts host ports up from the first replica', () => {
    expect(portMappings(spec.starting_ports)).toEqual(replicaPorts(spec, 1));
    expect(replicaPorts(spec, 1)).toEqual([
      { host_port: 81, container_port: 80 },
      { host_port: 443, container_port: 443 },
      { host_port: 9000, container_port: 9000 },
    ]);
    expect(replicaPorts(spec, 24).map(({ host_port }) => host_port)).toEqual([104, 466, 9023]);
    expect(replicaPorts(spec, 24).map(({ container_port }) => container_port)).toEqual([80, 443, 9000]);
  });

  it('keeps protocol and address, and leaves out what is the default', () => {
    const starting_ports = ['53/udp', '80/tcp', { '[0:0::1]:81': '53/sctp' }, { '127.0.0.1:82': 80 }];
    expect(replicaPorts({ starting_ports }, 2)).toEqual([
      { host_port: 54, container_port: 53, protocol: 'udp' },
      { host_port: 81, container_port: 80 },
      { host_port: 82, container_port: 53, protocol: 'sctp', host_address: '::1' },
      { host_port: 83, container_port: 80, host_address: '127.0.0.1' },
    ]);
  });

  it.each([
    ['[::ffff:192.0.2.7]', '192.0.2.7'],
    ['[::FFFF:c000:207]', '192.0.2.7'],
    ['[0:0:0:0:0:ffff:0.0.0.0]', '0.0.0.0'],
    // Not the mapping, which has the ones.
    ['[::192.0.2.7]', '::c000:207'],
  ])('writes %s as the engine does, by which a published port is known: %s', (given, host_address) => {
    const starting_ports = [{ [`${given}:81`]: 80 }];
    expect(replicaPorts({ starting_ports }, 1)).toEqual([
      { host_port: 81, container_port: 80, host_address },
    ]);
  });

  it('gives every replica of a valid spec host ports of its own', () => {
    const port = fc.integer({ min: 1, max: 66_000 });
    const entry = fc.oneof(
      port,
      port.map(String),
      fc.tuple(port, port).map(([host, container]) => ({ [host]: container })),
    );
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        (starting_ports, server) => {
          const result = parseAppSpec({ ...RIGHT, starting_ports, containers_per: { server } });
          fc.pre(result.ok);
          if (!result.ok) return;
          const spec = result.value;
          const bound = Array.from({ length: server }, (_, index) => replicaPorts(spec, index + 1))
            .flat()
            .map(({ host_port }) => host_port);
          expect(new Set(bound).size).toBe(bound.length);
          for (const host_port of bound) expect(host_port >= 1 && host_port <= 65_535).toBe(true);
        },
      ),
    );
  });

  it('refuses what no validated spec has', () => {
    expect(() => portMappings(['http'])).toThrow('"http" must be a port like');
  });
});
