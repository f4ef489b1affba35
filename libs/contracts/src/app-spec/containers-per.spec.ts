import { describe, expect, it } from '@jest/globals';
import { type ContainersPer, replicasOn } from '../index.js';
import { fewestReplicas } from './containers-per.js';
import { problemsOf, wrongPlaces } from './testing/problems.js';

describe('containers_per', () => {
  it.each([
    { server: 1 },
    { server: 10_000 },
    { instance: 3 },
    { cpu: 0.5 },
    { cpu: 3 },
    { cpu: 1_000 },
    { memory: 512 },
    { mem: 1 },
    { mem: 0.5 + 1 },
  ])('takes %j', (value) => {
    expect(problemsOf({ containers_per: value })).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    [{}, ['/containers_per']],
    [{ server: 1, cpu: 1 }, ['/containers_per']],
    [{ server: 0 }, ['/containers_per/server']],
    [{ server: -1 }, ['/containers_per/server']],
    [{ server: 1.5 }, ['/containers_per/server']],
    [{ server: 10_001 }, ['/containers_per/server']],
    [{ server: '2' }, ['/containers_per/server']],
    [{ server: null }, ['/containers_per/server']],
    [{ server: [1] }, ['/containers_per/server']],
    [{ server: NaN }, ['/containers_per/server']],
    [{ instance: 0 }, ['/containers_per/instance']],
    [{ cpu: 0 }, ['/containers_per/cpu']],
    [{ cpu: -0 }, ['/containers_per/cpu']],
    [{ cpu: -0.5 }, ['/containers_per/cpu']],
    [{ cpu: 1_001 }, ['/containers_per/cpu']],
    [{ cpu: NaN }, ['/containers_per/cpu']],
    [{ cpu: Infinity }, ['/containers_per/cpu']],
    [{ cpu: true }, ['/containers_per/cpu']],
    [{ memory: 0 }, ['/containers_per/memory']],
    [{ mem: 1e-300 }, ['/containers_per/mem']],
    [{ mem: Infinity }, ['/containers_per/mem']],
    [{ servers: 2 }, ['/containers_per/servers']],
    [{ server: 0, cpu: -1 }, ['/containers_per', '/containers_per/server', '/containers_per/cpu']],
    [null, ['/containers_per']],
    [2, ['/containers_per']],
    ['2', ['/containers_per']],
    [[{ server: 1 }], ['/containers_per']],
  ])('refuses %j', (value, places) => {
    expect(wrongPlaces({ containers_per: value })).toEqual(places);
  });

  it('says what is allowed', () => {
    expect(problemsOf({ containers_per: { cpu: NaN } })).toEqual([
      '/containers_per/cpu must be replicas per core, a number above 0 and at most 1000, not NaN',
    ]);
    expect(problemsOf({ containers_per: { server: 1, mem: 5 } })).toEqual([
      '/containers_per must be an object with exactly one of server, instance, cpu, memory, mem, such as {"server": 2}, not one with 2 keys; a merge patch keeps the keys that it does not name, so beside "mem" it has to say "server": null',
    ]);
    expect(problemsOf({ containers_per: { server: 1, cpu: 1, mem: 5 } }).join()).toMatch(
      /not one with 3 keys; .* beside "mem" it has to say "server": null, "cpu": null$/,
    );
    expect(problemsOf({ containers_per: { server: 1, cpus: 1 } })).toEqual([
      expect.stringMatching(/not one with 2 keys$/),
      expect.stringContaining('did you mean "cpu"?'),
    ]);
    expect(problemsOf({ containers_per: { sever: 1 } }).join()).toContain('did you mean "server"?');
  });
});

describe('replicasOn', () => {
  const GIB = 2 ** 30;

  it.each<[ContainersPer, number, number, number]>([
    [{ server: 2 }, 8, GIB, 2],
    [{ instance: 2 }, 8, GIB, 2],
    [{ cpu: 3 }, 8, GIB, 24],
    [{ cpu: 0.5 }, 8, GIB, 4],
    [{ cpu: 0.5 }, 1, GIB, 0],
    [{ cpu: 0.5 }, 3, GIB, 1],
    [{ cpu: 0.29 }, 100, GIB, 29],
    [{ cpu: 0.1 }, 30, GIB, 3],
    [{ cpu: 0.999 }, 1, GIB, 0],
    [{ memory: 512 }, 1, 4 * GIB, 8],
    [{ memory: 512 }, 1, 4 * GIB - 1, 7],
    [{ mem: 100 }, 1, GIB, 10],
    [{ mem: 2048 }, 1, GIB, 0],
  ])('%j on %d cores and %d bytes is %d', (per, cores, memory_bytes, expected) => {
    expect(replicasOn(per, { cores, memory_bytes })).toBe(expected);
  });
});

describe('fewestReplicas', () => {
  it.each<[unknown, number]>([
    [{ server: 5 }, 5],
    [{ instance: 5 }, 5],
    [{ cpu: 3.7 }, 3],
    [{ cpu: 0.5 }, 1],
    [{ memory: 100 }, 1],
    [{ server: -5 }, 1],
    [{ server: 5, cpu: 1 }, 1],
    [{ server: '5' }, 1],
    [null, 1],
    [undefined, 1],
  ])('of %j is %d', (per, expected) => {
    expect(fewestReplicas(per)).toBe(expected);
  });
});
