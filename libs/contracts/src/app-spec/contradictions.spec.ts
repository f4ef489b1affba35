import { describe, expect, it } from '@jest/globals';
import { problemsOf } from './testing/problems.js';

describe('fields that contradict each other', () => {
  it.each<[Record<string, unknown>, string, RegExp]>([
    [
      { networks: ['host'], starting_ports: [80] },
      '/starting_ports',
      /^must be empty when the network is "host"/,
    ],
    [
      { networks: ['host'], starting_ports: [80], update: { strategy: 'rolling' } },
      '/starting_ports',
      /^must be empty when the network is "host"/,
    ],
    [
      { networks: ['container:x'], hostname: 'a' },
      '/hostname',
      /^must not be given when the network is "container:x"/,
    ],
    [{ networks: ['container:x'], dns: ['10.0.0.1'] }, '/dns', /^must not be given when the network is/],
    [{ networks: ['container:x'], dns_search: ['a'] }, '/dns_search', /^must not be given/],
    [{ networks: ['container:x'], extra_hosts: ['a:10.0.0.1'] }, '/extra_hosts', /^must not be given/],
    [
      { networks: ['host'], sysctls: { 'net.core.somaxconn': '1' } },
      '/sysctls/net.core.somaxconn',
      /the server's there$/,
    ],
    [
      { ipc_mode: 'host', sysctls: { 'kernel.shmmax': '1' } },
      '/sysctls/kernel.shmmax',
      /the server's there$/,
    ],
    [{ ipc_mode: 'host', shm_size: '1m' }, '/shm_size', /^must be null when ipc_mode is "host"/],
    [{ ipc_mode: 'container:x', shm_size: '1m' }, '/shm_size', /^must be null/],
    [{ cap_add: ['CAP_NET_RAW'], cap_drop: ['net_raw'] }, '/cap_drop/0', /^must not be in cap_add as well$/],
    [
      { volumes: ['data:/run/'], tmpfs: ['/run'] },
      '/tmpfs/0',
      /^must have a place of its own; item 0 of volumes/,
    ],
    [{ networks: [{ name: 'host', aliases: ['a'] }] }, '/networks/0/name', /"host" stands alone in the list/],
    [
      { networks: [{ name: 'bridge', aliases: ['a'] }] },
      '/networks/0/aliases',
      /^must be empty for "bridge"/,
    ],
    [{ privileged: true, cap_drop: ['ALL'] }, '/cap_drop', /^must be empty for a privileged container/],
    [{ networks: ['container:shop-1'] }, '/networks/0', /^must be the container of another app: "shop-1"/],
    [{ pid_mode: 'container:shop-12' }, '/pid_mode', /^must be the container of another app/],
    [{ ipc_mode: 'container:shop-1' }, '/ipc_mode', /^must be the container of another app/],
    [{ tmpfs: ['/a', '/dev/shm/'], shm_size: '1m' }, '/tmpfs/1', /^must not be "\/dev\/shm" beside shm_size/],
    [{ entrypoint: [''] }, '/entrypoint', /^must stand beside command, or be \[\]/],
    [{ entrypoint: [], command: ['', 'x'] }, '/command/0', /^must be the program, which is not empty$/],
    [{ networks: ['a', { name: 'a' }] }, '/networks/1', /^must be listed once; item 0 is "a" too$/],
  ])('%j', (fields, place, message) => {
    const [problem = '', ...others] = problemsOf(fields);
    expect(others).toEqual([]);
    expect(problem.slice(0, place.length + 1)).toBe(`${place} `);
    expect(problem.slice(place.length + 1)).toMatch(message);
  });

  it.each([
    { networks: ['none'], hostname: 'a', sysctls: { 'net.core.somaxconn': '1' } },
    {
      networks: ['host'],
      ...{ sysctls: { 'kernel.shmmax': '1' }, dns: ['10.0.0.1'], dns_search: ['a'] },
      ...{ extra_hosts: ['a:10.0.0.1'], hostname: 'a' },
    },
    { networks: ['container:x'], dns: [], dns_search: [], extra_hosts: [], hostname: null },
    { ipc_mode: 'host', sysctls: { 'net.core.somaxconn': '1', 'kernel.domainname': 'x' } },
    { ipc_mode: 'private', shm_size: '1m' },
    { cap_add: ['NET_ADMIN'], cap_drop: ['ALL'] },
    { cap_add: ['ALL'], cap_drop: ['MKNOD'] },
    { pid_mode: 'host', init: true },
    { pid_mode: 'container:shop', ipc_mode: 'container:shop-0', networks: ['container:my-shop-1'] },
    { tmpfs: ['/dev/shm'] },
    { tmpfs: ['/dev/shm/a', '/process'], shm_size: '1m' },
    { privileged: true, cap_add: ['NET_ADMIN'] },
    { command: [''] },
    { entrypoint: ['/bin/x'], command: [''] },
    { entrypoint: [''], command: ['x'] },
    { read_only: true },
    { networks: ['host'], containers_per: { server: 3 }, update: { strategy: 'rolling' } },
  ])('%j do not', (fields) => {
    expect(problemsOf(fields)).toEqual([]);
  });
});
