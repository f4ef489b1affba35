import { describe, expect, it } from '@jest/globals';
import { parseAppSpec } from '../index.js';
import { problemsOf, RIGHT } from './testing/problems.js';

const command = ['/bin/x'];

/** By field: values that are taken. */
const TAKEN: Readonly<Record<string, readonly unknown[]>> = {
  entrypoint: [null, [], ['/bin/tini', '--']],
  user: [null, 'app', '0', '1000:1000', 'app:www-data', '2147483647'],
  working_dir: [null, '/', '/srv/my app', '/a/../b'],
  hostname: [null, 'web', 'Web_1.example.com', '{{.App}}-{{.Replica}}.{{.Node}}', 'a'.repeat(63)],
  labels: [{}, { 'com.example/team': '', nebulaX: ' a  b ', app_name2: 'x' }],
  cap_add: [[], ['NET_ADMIN', 'cap_sys_time', 'Chown'], ['ALL']],
  cap_drop: [[], ['ALL'], ['CAP_MKNOD']],
  security_opt: [
    [],
    ['no-new-privileges', 'label=disable'],
    ['no-new-privileges:true', 'apparmor=unconfined', 'seccomp=unconfined', 'label:level:s0:c1,c2'],
    ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'],
  ],
  tmpfs: [
    [],
    ['/run'],
    ['/run:rw,noexec,size=10%,mode=755', '/tmp:uid=1,gid=1,nr_inodes=10k'],
    ['/a:mpol=bind:0-3', '/b:mpol=prefer=static:1', '/c:mpol=local'],
  ],
  shm_size: [null, 1, 67_108_864, '64m', '1.5G', '100', '64mb', '64MiB', '64 MB', '64mib', '5b', '1t'],
  ulimits: [{}, { nofile: 1024, core: 0, memlock: -1 }, { stack: { soft: 1, hard: -1 } }],
  sysctls: [
    {},
    { 'net.ipv4.ip_local_port_range': '1024 65000', 'kernel.sem': '1', 'fs.mqueue.msg_max': '9' },
  ],
  dns: [[], ['10.0.0.53', '2001:db8::1']],
  dns_search: [[], ['example.com', 'a'], ['.']],
  extra_hosts: [[], ['db:10.0.0.5', 'db:10.0.0.6', 'six:::1', 'server:host-gateway']],
  pid_mode: [null, 'host', 'container:db-1'],
  ipc_mode: [null, 'none', 'private', 'shareable', 'host', 'container:db-1'],
  gpus: [null, 'all', 2, [{ count: -1 }, { device_ids: ['0'], capabilities: ['gpu'], driver: 'cdi' }]],
  runtime: [null, 'runc', 'io.containerd.runc.v2'],
  resources: [
    {},
    { cpus: 0.01, cpu_shares: 2, cpuset: '3,0-2', memory: '6m', memory_reservation: 6_291_456 },
    { memory_swap: -1 },
    { memory: '1g', memory_swap: '1g', memory_reservation: '1g' },
    { pids: -1, oom_score: -1_000 },
    { pids: 1, oom_score: 1_000 },
  ],
  log_driver: [
    null,
    { name: 'none' },
    { name: 'json-file', options: { 'max-size': '10m', 'max-file': '2', compress: 'true', tag: '{{.ID}}' } },
    { name: 'json-file', options: { mode: 'non-blocking', 'max-buffer-size': '4MiB' } },
    { name: 'local', options: { 'max-file': '1', compress: 'false' } },
    ...['json-file', 'local'].map((name) => ({
      ...{ name },
      options: {
        'cache-disabled': 'false',
        'cache-max-size': '1m',
        'cache-max-file': '2',
        'cache-compress': 'true',
      },
    })),
    { name: 'vendor/plugin:1.0', options: { token: 'x', 'max-size': '1m' } },
    { name: 'journald', options: { tag: 'x', mode: 'non-blocking' } },
  ],
  restart_policy: ['always', 'unless-stopped', 'no', 'on-failure', 'on-failure:0', 'on-failure:1'],
  stop_signal: [null, 'SIGQUIT', 'quit', '9', '64', 'SIGRTMIN+3', 'RTMAX-14'],
  stop_grace_period_seconds: [null, 0, 86_400],
  health_check: [
    null,
    'none',
    { command: 'curl -f localhost' },
    { command, interval_seconds: 0.5, timeout_seconds: 1, retries: 1, start_period_seconds: 0 },
  ],
  pull_policy: ['missing', 'always', 'never'],
  platform: [null, 'linux/amd64', 'linux/arm/v7'],
  depends_on: [[], ['db', 'cache']],
  hooks: [{}, { pre_stop: { command } }, { post_start: { command, timeout_seconds: 3_600 } }],
  update: [
    {},
    { strategy: 'rolling', max_unavailable: '100%', min_ready_seconds: 0, on_failure: 'rollback' },
    { max_unavailable: 3, health_timeout_seconds: 5, jitter_seconds: 86_400 },
  ],
};

type Refused = [value: unknown, place: string, message: RegExp];

/** By field: values that are refused, where, and what is said. */
const REFUSED: Readonly<Record<string, readonly Refused[]>> = {
  entrypoint: [
    ['/bin/x', '', /^must be null for the entrypoint of the image, or a list .*, not text$/],
    [[5], '/0', /^must be text, not a number$/],
    [['', 'x'], '/0', /^must be the program, which is not empty$/],
  ],
  user: [
    ['', '', /like "app"/],
    ['a b', '', /like "app"/],
    ['a:', '', /like "app"/],
    ['a:b:c', '', /like "app"/],
    ['2147483648', '', /the highest number is 2147483647$/],
    [0, '', /^must be null for the user of the image, or .*, not a number$/],
  ],
  working_dir: [['srv', '', /an absolute path in the container/]],
  hostname: [
    ['', '', /the parts between its dots are/],
    ['a..b', '', /the parts between its dots are/],
    ['-a', '', /the parts between its dots are/],
    ['a'.repeat(64), '', /at most 63 characters.*it has at least 64$/],
    ['{{.node}}', '', /"\{\{\.node\}\}" is no template \(did you mean "\{\{\.Node\}\}"\?\)$/],
    ['{{ .Node }}', '', /did you mean "\{\{\.Node\}\}"/],
    ['{{.Node', '', /"\{\{" is no template/],
  ],
  labels: [
    [{ 'nebula.app': 'x' }, '/nebula.app', /^must have another name: .* which knows its containers by them$/],
    [{ app_name: 'x' }, '/app_name', /^must have another name/],
    [{ '': 'x' }, '/', /^must have a name without blanks/],
    [{ a: 1 }, '/a', /^must be text, not a number$/],
    [['a=b'], '', /^must be an object of text by name, .*, not a list$/],
  ],
  cap_add: [
    [['NET_ADMN'], '/0', /there is none of this name \(did you mean "NET_ADMIN"\?\)$/],
    [['NET_RAW', 'cap_net_raw'], '/1', /^must be listed once; item 0 is "NET_RAW" too$/],
    [['CAP_ALL'], '/0', /there is none of this name/],
    ['ALL', '', /^must be a list of capabilities like "NET_ADMIN", not text$/],
  ],
  security_opt: [
    [['no-new-privilege'], '/0', /did you mean "no-new-privileges"/],
    [['seccomp=/etc/profile.json'], '/0', /the JSON text of a profile, not the path of one$/],
    [['no-new-privileges:yes'], '/0', /no-new-privileges is "true" or "false"$/],
    [['label=x'], '/0', /label is "disable", or one of/],
    [['apparmor='], '/0', /apparmor needs a value$/],
  ],
  tmpfs: [
    [['run'], '/0', /the path in the container begins with "\/"$/],
    [['/'], '/0', /can't be "\/"$/],
    [['/run:size=x'], '/0', /size is a size like 64m or 10%$/],
    [['/run:sice=1m'], '/0', /the options are size=…/],
    [['/run:mpol=0'], '/0', /mpol is a memory policy like bind:0$/],
    [['/run:'], '/0', /the options are size=…/],
    [['/proc'], '/0', /is at or below "\/proc", where nothing else can be mounted$/],
    [['/proc/./x:size=1m'], '/0', /is at or below "\/proc"/],
    [['/run', '/run/'], '/1', /^must be listed once/],
  ],
  shm_size: [
    [0, '', /^must be a size of at least 1b, .*, not 0$/],
    ['64  MB', '', /a size of at least 1b, like "64m"/],
    ['64bb', '', /a size of at least 1b/],
    ['64 i', '', /a size of at least 1b/],
    ['64bib', '', /a size of at least 1b/],
    ['-1', '', /a size of at least 1b/],
    ['9999999999g', '', /it is too large$/],
  ],
  ulimits: [
    [{ nofiles: 1 }, '/nofiles', /^is not one of core, .*did you mean "nofile"/],
    [{ nofile: -2 }, '/nofile', /^must be a whole number.* or -1 for no limit, not -2$/],
    [{ nofile: { soft: 2, hard: 1 } }, '/nofile/soft', /^must be at most hard, 1, not 2$/],
    [{ nofile: { soft: -1, hard: 1 } }, '/nofile/soft', /^must be at most hard, 1, not -1$/],
    [{ nofile: { soft: 1 } }, '/nofile/hard', /^is required: a whole number/],
    [{ nofile: '1024' }, '/nofile', /^must be a whole number or .*, not text$/],
  ],
  sysctls: [
    [{ 'vm.swappiness': '1' }, '/vm.swappiness', /a parameter that a container has of its own: net\.\*/],
    [{ 'fs.mqueue.x': '1' }, '/fs.mqueue.x', /of its own/],
    [{ 'kernel.hostname': 'x' }, '/kernel.hostname', /of its own/],
    [{ 'net.core.somaxconn': 1024 }, '/net.core.somaxconn', /^must be text with a value, not a number$/],
    [{ 'net.core.somaxconn': ' ' }, '/net.core.somaxconn', /^must be text with a value$/],
  ],
  dns: [
    [['ns.example.com'], '/0', /it is no IP address$/],
    [['10.0.0.256'], '/0', /it is no IP address$/],
    [['fe80::1%eth0'], '/0', /it is no IP address$/],
  ],
  dns_search: [[['a b'], '/0', /^must be a domain like "example.com"/]],
  extra_hosts: [
    [['db'], '/0', /the address is missing$/],
    [['db:x'], '/0', /the address is no IP address$/],
    [[':10.0.0.5'], '/0', /the name is no host name$/],
  ],
  pid_mode: [['private', '', /^must be null for processes of its own, or "host" or "container:<name>"$/]],
  ipc_mode: [['container:', '', /"container:<name>"$/]],
  gpus: [
    ['some', '', /^must be one of "all"|^must be null for none/],
    [0, '', /not 0$/],
    [[], '', /not an empty list$/],
    [[{}], '/0', /^must have exactly one of count and device_ids, not none of them$/],
    [[{ count: 1, device_ids: ['0'] }], '/0', /not both$/],
    [[{ cout: 1 }], '/0/cout', /did you mean "count"/],
  ],
  runtime: [['a b', '', /the name of a runtime/]],
  resources: [
    [{ cpu: 1 }, '/cpu', /^is not one of cpus, .*did you mean "cpus"/],
    [{ cpus: 0 }, '/cpus', /^must be a number of processors, 0.01 to 8192, not 0$/],
    [{ cpu_shares: 1 }, '/cpu_shares', /^must be a whole number, 2 to 262144, not 1$/],
    [{ cpuset: '2-0' }, '/cpuset', /"2-0" begins after its end$/],
    [{ cpuset: '0,' }, '/cpuset', /like "0-2,4"$/],
    [{ memory: '5m' }, '/memory', /^must be a size of at least 6m, .*: it is 5242880 bytes$/],
    [{ memory: '64m', memory_swap: '32m' }, '/memory_swap', /33554432 bytes is less than 67108864$/],
    [{ memory_swap: '32m' }, '/memory_swap', /^must stand beside memory/],
    [{ memory: '64m', memory_reservation: '1g' }, '/memory_reservation', /^must be at most memory/],
    [{ memory_reservation: -1 }, '/memory_reservation', /not -1$/],
    [{ pids: 0 }, '/pids', /^must be a whole number of processes, 1 to 4194304, or -1 for no limit, not 0$/],
    [{ oom_score: 1_001 }, '/oom_score', /^must be a whole number, -1000 to 1000, not 1001$/],
    [null, '', /^must be an object of limits, .*, not null$/],
  ],
  log_driver: [
    ['json-file', '', /^must be null for the engine's, or an object .*, not text$/],
    [{ options: {} }, '/name', /^is required: the name of a log driver/],
    [{ name: 'json-file', options: { max_size: '1m' } }, '/options/max_size', /did you mean "max-size"/],
    [{ name: 'none', options: { 'max-size': '10m' } }, '/options', /^must be absent or empty for "none"/],
    [
      { name: 'journald', options: { 'max-size': '10m' } },
      '/options/max-size',
      /^is an option of json-file and local, which journald doesn't know/,
    ],
    [{ name: 'syslog', options: { 'max-file': '2' } }, '/options/max-file', /which syslog doesn't know/],
    [{ name: 'x', option: {} }, '/option', /did you mean "options"/],
    [{ name: 'local', options: { tag: 'x' } }, '/options/tag', /^is not one of max-size/],
    [{ name: 'local', options: { 'max-size': '0' } }, '/options/max-size', /^must be a size like "10m"$/],
    [{ name: 'local', options: { 'max-file': '1' } }, '/options/max-file', /"compress": "false"/],
    [{ name: 'json-file', options: { 'max-file': '0' } }, '/options/max-file', /at least 1, as text$/],
    [{ name: 'json-file', options: { 'max-file': 3 } }, '/options/max-file', /^must be text, not a number$/],
    [{ name: 'json-file', options: { compress: 'true' } }, '/options/compress', /max-file of at least 2/],
    [{ name: 'json-file', options: { 'max-buffer-size': '1m' } }, '/options/max-buffer-size', /non-blocking/],
  ],
  restart_policy: [
    ['allways', '', /there is no such policy \(did you mean "always"\?\)$/],
    ['always:3', '', /"always" has no number of tries$/],
    ['on-failure:-1', '', /the most tries are a whole number, 0 \(no limit\) to 999999999$/],
    ['on-failure:00', '', /the most tries are a whole number/],
    [null, '', /not null$/],
  ],
  stop_signal: [
    ['SIGTRM', '', /there is no such signal \(did you mean "TERM"\?\)$/],
    ['0', '', /the numbers are 1 to 64$/],
    ['65', '', /the numbers are 1 to 64$/],
    [9, '', /not a number$/],
  ],
  stop_grace_period_seconds: [
    [-1, '', /^must be null for the engine's, 10, or a whole number of seconds, 0 to 86400, not -1$/],
    [0.5, '', /not 0.5$/],
  ],
  health_check: [
    [{}, '/command', /^is required: a command for the shell/],
    [{ command: [] }, '/command', /not an empty list$/],
    [{ command: ' ' }, '/command', /not empty$/],
    [{ command: ['', 'x'] }, '/command/0', /^must be the program, which is not empty$/],
    [{ command, interval_seconds: 0 }, '/interval_seconds', /0.001 to 86400, not 0$/],
    [{ command, start_period_seconds: 1e-9 }, '/start_period_seconds', /0 for none, not 1e-9$/],
    [{ command, timeout_seconds: 0 }, '/timeout_seconds', /not 0$/],
    [{ command, retries: 0 }, '/retries', /not 0$/],
    [{ command, interval: 5 }, '/interval', /did you mean "interval_seconds"|is not one of/],
    ['off', '', /none/],
  ],
  pull_policy: [['allways', '', /^must be one of "missing", "always", "never" \(did you mean "always"\?\)$/]],
  platform: [
    ['arm64', '', /os\/arch/],
    ['Linux/arm64', '', /os\/arch/],
  ],
  depends_on: [
    [['shop'], '/0', /^must be another app, not this one$/],
    [['db', 'db'], '/1', /^must be listed once; item 0 is "db" too$/],
    [['a b'], '/0', /^must be 1 to 63 letters/],
  ],
  hooks: [
    [{ prestop: { command } }, '/prestop', /did you mean "pre_stop"/],
    [{ pre_stop: { command: [] } }, '/pre_stop/command', /not an empty list$/],
    [{ pre_stop: { command: [''] } }, '/pre_stop/command/0', /^must be the program, which is not empty$/],
    [{ pre_stop: {} }, '/pre_stop/command', /^is required/],
    [{ pre_stop: { command, timeout_seconds: 0 } }, '/pre_stop/timeout_seconds', /not 0$/],
    [{ pre_stop: ['x'] }, '/pre_stop', /^must be an object like .*, not a list$/],
  ],
  update: [
    [{ strategy: 'roling' }, '/strategy', /did you mean "rolling"/],
    [
      { max_unavailable: 0 },
      '/max_unavailable',
      /^must be a whole number of replicas, 1 to 10000, or a share/,
    ],
    [{ max_unavailable: '0%' }, '/max_unavailable', /"1%" to "100%"$/],
    [{ max_unavailable: '101%' }, '/max_unavailable', /"1%" to "100%"$/],
    [{ max_unavailable: '25' }, '/max_unavailable', /"1%" to "100%"$/],
    [
      { min_ready_seconds: 121 },
      '/min_ready_seconds',
      /^must be at most health_timeout_seconds, 120, not 121$/,
    ],
    [
      { health_timeout_seconds: 4 },
      '/health_timeout_seconds',
      /^must be at least min_ready_seconds, 5, not 4$/,
    ],
    [{ jitter_seconds: -1 }, '/jitter_seconds', /^must be a whole number of seconds, 0 to 86400, not -1$/],
  ],
};

describe.each(Object.keys(TAKEN))('%s', (field) => {
  it.each((TAKEN[field] ?? []).map((value) => [value]))('may be %j', (value) => {
    expect(problemsOf({ [field]: value })).toEqual([]);
  });
});

describe.each(Object.keys(REFUSED))('%s', (field) => {
  it.each(REFUSED[field] ?? [])('may not be %j', (value, place, message) => {
    const [problem = '', ...others] = problemsOf({ [field]: value });
    expect(others).toEqual([]);
    const pointer = `/${field}${place}`;
    expect(problem.slice(0, pointer.length + 1)).toBe(`${pointer} `);
    expect(problem.slice(pointer.length + 1)).toMatch(message);
  });
});

it('values that may be secrets are in no problem', () => {
  for (const fields of [
    { labels: { token: ['hunter2'], 'nebula.x': 'hunter2' } },
    { log_driver: { name: 'hunter2 x', options: ['hunter2'] } },
    { log_driver: 'hunter2' },
    { hooks: { pre_stop: { command: 'hunter2' }, other: ['hunter2'] } },
    { health_check: { command: ['hunter2\0'] } },
    { health_check: 'hunter2' },
    { command: 'hunter2', entrypoint: 'hunter2' },
  ]) {
    const result = parseAppSpec({ ...RIGHT, ...fields });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  }
});
