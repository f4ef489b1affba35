import { describe, expect, test } from '@jest/globals';
import { type CompactSpec, expandSpec, hashOf, NO_TOKENS } from '@nebula/contracts';
import { fingerprint, fingerprintOf, isRight } from './fingerprint.js';

const MINIMAL: CompactSpec = { app_name: 'web', docker_image: 'shop' };
const PORTS: CompactSpec = { ...MINIMAL, docker_image: 'shop:1.2', starting_ports: [{ '81': '80' }, 9000] };
const FULL: CompactSpec = {
  app_name: 'web',
  docker_image: 'registry.test:5000/shop@sha256:' + 'a'.repeat(64),
  starting_ports: [80],
  containers_per: { cpu: 2 },
  env_vars: { B: '2', A: '1' },
  networks: ['back', 'front'],
  volumes: ['/data:/data:ro', 'cache:/cache'],
  devices: ['/dev/null:/dev/x:rw'],
  privileged: true,
  command: ['serve', '--fast'],
};

/** Labels of containers out there. They must never change: each of them would be a restart of a whole fleet. */
const RECORDED = [
  {
    spec: MINIMAL,
    replica: 1,
    tokens: NO_TOKENS,
    label: 'v1:2d1f5959abe0490395e60a1e354f52ff5c07c18bb91147273b583b442c147dd0',
  },
  {
    spec: PORTS,
    replica: 1,
    tokens: NO_TOKENS,
    label: 'v1:e3140d1ed4a05ea53d55e152c91eb37e0c7ea6dec676388ce3f3173914f25e7b',
  },
  {
    spec: PORTS,
    replica: 3,
    tokens: NO_TOKENS,
    label: 'v1:8d0ad6b90100fadc01c04421b7d518445d1e0e78dc5eb6ee141c0eb683003fc0',
  },
  {
    spec: FULL,
    replica: 2,
    tokens: NO_TOKENS,
    label: 'v1:c6c290a46a2ca900942ab553f1085d2c673a3795efd1af51e8daf7a8d0381ada',
  },
  {
    spec: FULL,
    replica: 2,
    tokens: { ...NO_TOKENS, restart: 7, release: 5 },
    label: 'v1:793a215be4d901dcd3e7bd65dbc907359346430544ea63571c316bae2be186e6',
  },
];

describe('fingerprint', () => {
  test.each(RECORDED)('the recorded label $label is still right', ({ spec, replica, tokens, label }) => {
    expect(fingerprint(expandSpec(spec), replica, tokens)).toBe(label);
    expect(isRight(label, expandSpec(spec), replica, tokens)).toBe(true);
  });

  test.each(RECORDED)('fields of a later version, at their defaults, leave $label as it is', (recorded) => {
    const later = Object.assign(expandSpec(recorded.spec), {
      memory_limit: null,
      labels: {},
      update: { strategy: 'all' },
    });
    expect(isRight(recorded.label, later, recorded.replica, recorded.tokens)).toBe(true);
  });

  const print = (change: Partial<CompactSpec>, replica = 1, tokens = NO_TOKENS) =>
    fingerprint(expandSpec({ ...MINIMAL, ...change }), replica, tokens);

  test.each<[string, Partial<CompactSpec>]>([
    ['running', { running: false }],
    ['containers_per', { containers_per: { cpu: 4 } }],
    ['the tag latest, spelled out', { docker_image: 'shop:latest' }],
    ['the common network, spelled out', { networks: ['nebula'] }],
    ['defaults, spelled out', { env_vars: {}, volumes: [], devices: [], privileged: false, command: null }],
    ['update', { update: { strategy: 'rolling', max_unavailable: '25%' } }],
    ['restart_policy', { restart_policy: 'on-failure:3' }],
    ['pull_policy', { pull_policy: 'always' }],
    ['depends_on', { depends_on: ['db'] }],
    [
      'resources that the engine changes while a container runs',
      {
        resources: {
          ...{ cpus: 1.5, cpu_shares: 512, cpuset: '0', memory: '64m', memory_reservation: '32m' },
          ...{ memory_swap: -1, pids: 100 },
        },
      },
    ],
    ['an out-of-memory score of 0', { resources: { oom_score: 0 } }],
    ["the engine's own grace, spelled out", { stop_grace_period_seconds: 10 }],
    ['a network without aliases', { networks: [{ name: 'nebula', aliases: [] }] }],
    ['no GPUs', { gpus: [] }],
    ['no hooks', { hooks: {} }],
  ])('%s needs no new container', (_what, change) => {
    expect(print(change)).toBe(print({}));
  });

  test.each<[string, Partial<CompactSpec>, Partial<CompactSpec>]>([
    ['environment variables', { env_vars: { A: '1', B: '2' } }, { env_vars: { B: '2', A: '1' } }],
    ['ports', { starting_ports: [80, 90] }, { starting_ports: [90, 80] }],
    ['volumes', { volumes: ['/a:/a', '/b:/b'] }, { volumes: ['/b:/b', '/a:/a'] }],
    ['devices', { devices: ['/dev/a', '/dev/b'] }, { devices: ['/dev/b', '/dev/a'] }],
    ['ways to write a port', { starting_ports: [80] }, { starting_ports: [{ '80': '80' }] }],
    ['ways to write a network', { networks: ['back'] }, { networks: [{ name: 'back' }] }],
    [
      'aliases',
      { networks: [{ name: 'back', aliases: ['a', 'b'] }] },
      { networks: [{ name: 'back', aliases: ['b', 'a', 'b'] }] },
    ],
    ['labels', { labels: { a: '1', b: '2' } }, { labels: { b: '2', a: '1' } }],
    ['capabilities', { cap_add: ['NET_ADMIN', 'CAP_SYS_TIME'] }, { cap_add: ['sys_time', 'net_admin'] }],
    ['capabilities', { cap_drop: ['ALL'] }, { cap_drop: ['all', 'ALL'] }],
    ['security options', { security_opt: ['a', 'b'] }, { security_opt: ['b', 'a'] }],
    ['tmpfs', { tmpfs: ['/a', '/b'] }, { tmpfs: ['/b', '/a'] }],
    ['sizes', { shm_size: '64m' }, { shm_size: 64 * 1024 * 1024 }],
    ['ulimits', { ulimits: { nofile: 10 } }, { ulimits: { nofile: { soft: 10, hard: 10 } } }],
    ['hosts', { extra_hosts: ['a:1.1.1.1', 'b:2.2.2.2'] }, { extra_hosts: ['b:2.2.2.2', 'a:1.1.1.1'] }],
    ['GPUs', { gpus: 'all' }, { gpus: [{ count: -1, capabilities: ['gpu'], options: {} }] }],
    ['GPU ids', { gpus: [{ device_ids: ['0', '1'] }] }, { gpus: [{ device_ids: ['1', '0'] }] }],
    ['log options', { log_driver: { name: 'none' } }, { log_driver: { name: 'none', options: {} } }],
    ['signals', { stop_signal: 'SIGQUIT' }, { stop_signal: 'quit' }],
    [
      'a health check',
      { health_check: { command: 'true' } },
      {
        health_check: {
          command: 'true',
          ...{ interval_seconds: 30, timeout_seconds: 30, retries: 3, start_period_seconds: 0 },
        },
      },
    ],
    [
      'a hook',
      { hooks: { pre_stop: { command: ['a'] } } },
      { hooks: { pre_stop: { command: ['a'], timeout_seconds: 30 } } },
    ],
  ])('the order or form of %s does not matter', (_what, one, other) => {
    expect(print(one)).toBe(print(other));
  });

  test('each of these needs a new container, and no two are alike', () => {
    const changes: Partial<CompactSpec>[] = [
      {},
      { docker_image: 'shop:2' },
      { docker_image: 'other' },
      { env_vars: { A: '1' } },
      { env_vars: { A: '2' } },
      { starting_ports: [80] },
      { starting_ports: [{ '80': '81' }] },
      { networks: ['back'] },
      { networks: ['back', 'front'] },
      { networks: ['front', 'back'] },
      { networks: ['host'] },
      { volumes: ['/a:/a'] },
      { volumes: ['/a:/a:ro'] },
      { devices: ['/dev/a'] },
      { privileged: true },
      { command: [''] },
      { command: ['a', 'b'] },
      { command: ['b', 'a'] },
      { command: ['a b'] },
      { entrypoint: [] },
      { entrypoint: ['a'] },
      { networks: [{ name: 'back', aliases: ['a'] }] },
      { networks: [{ name: 'nebula', aliases: ['a'] }] },
      { user: 'a' },
      { working_dir: '/a' },
      { hostname: '{{.Node}}' },
      { hostname: '{{.App}}' },
      { labels: { a: '1' } },
      { cap_add: ['SYS_TIME'] },
      { cap_drop: ['SYS_TIME'] },
      { security_opt: ['no-new-privileges'] },
      { read_only: true },
      { tmpfs: ['/run'] },
      { shm_size: '64m' },
      { ulimits: { nofile: 10 } },
      { ulimits: { nofile: { soft: 9, hard: 10 } } },
      { sysctls: { 'net.core.somaxconn': '1024' } },
      { dns: ['1.1.1.1', '2.2.2.2'] },
      { dns: ['2.2.2.2', '1.1.1.1'] },
      { dns_search: ['a', 'b'] },
      { dns_search: ['b', 'a'] },
      { extra_hosts: ['a:1.1.1.1', 'a:2.2.2.2'] },
      { extra_hosts: ['a:2.2.2.2', 'a:1.1.1.1'] },
      { pid_mode: 'host' },
      { ipc_mode: 'host' },
      { init: true },
      { tty: true },
      { gpus: 'all' },
      { gpus: 1 },
      { gpus: [{ device_ids: ['1'] }] },
      { runtime: 'runc' },
      { resources: { oom_score: 100 } },
      { log_driver: { name: 'json-file' } },
      { log_driver: { name: 'json-file', options: { 'max-size': '1m' } } },
      { stop_signal: 'SIGQUIT' },
      { stop_grace_period_seconds: 30 },
      { stop_grace_period_seconds: 0 },
      { health_check: 'none' },
      { health_check: { command: 'a' } },
      { health_check: { command: ['a'] } },
      { health_check: { command: 'a', retries: 1 } },
      { platform: 'linux/arm64' },
      { hooks: { post_start: { command: ['a'] } } },
      { hooks: { pre_stop: { command: ['a'] } } },
      { hooks: { pre_stop: { command: ['a'], timeout_seconds: 5 } } },
    ];
    const prints = changes.map((change) => print(change));
    prints.push(
      print({}, 1, { ...NO_TOKENS, restart: 1, release: 0 }),
      print({}, 1, { ...NO_TOKENS, restart: 0, release: 1 }),
      print({}, 1, { ...NO_TOKENS, restart: 2, release: 0 }),
      print({}, 1, { ...NO_TOKENS, roll: 2 }),
    );
    expect(new Set(prints).size).toBe(prints.length);
  });

  test('what a program of before wrote into the environment as it stands is made anew with it filled in', () => {
    const env_vars = { WHERE: '{{.Node}}' };
    const label = `v1:${hashOf({ image: 'shop:latest', env: env_vars })}`;
    expect(isRight(label, expandSpec({ ...MINIMAL, env_vars }), 1, NO_TOKENS)).toBe(false);
    const other = { WHERE: '{{.Other}}' };
    const kept = `v1:${hashOf({ image: 'shop:latest', env: other })}`;
    expect(isRight(kept, expandSpec({ ...MINIMAL, env_vars: other }), 1, NO_TOKENS)).toBe(true);
  });

  test('a wish to prune needs no new container', () => {
    expect(print({}, 1, { ...NO_TOKENS, prune: 3 })).toBe(print({}));
  });

  test('replicas differ by their host ports alone', () => {
    expect(print({}, 1)).toBe(print({}, 2));
    expect(print({ starting_ports: [80] }, 1)).not.toBe(print({ starting_ports: [80] }, 2));
  });

  test.each(['v2:abc', 'abc', '', ':', 'v1', 'v1:', 'toString:x'])(
    'the label "%s" is never right',
    (label) => {
      expect(isRight(label, expandSpec(MINIMAL), 1, NO_TOKENS)).toBe(false);
    },
  );

  test('an unknown version has no fingerprint', () => {
    expect(fingerprintOf('v2', expandSpec(MINIMAL), 1, NO_TOKENS)).toBeNull();
  });
});
