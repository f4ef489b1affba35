import type { GivenSpec } from '../../testing/api-under-test.js';

/** A part of a spec that is wrong, and what is said of each place: its pointer, the value there and the message. */
export type WrongSpec = [
  name: string,
  changes: GivenSpec,
  ...errors: [pointer: string, value: unknown, message: RegExp][],
];

const PORT = /^must be a port, 1 to 65535, not /;

export const WRONG_SPECS: readonly WrongSpec[] = [
  ['port 0', { starting_ports: [0] }, ['/starting_ports/0', 0, PORT]],
  ['port 65536', { starting_ports: [80, 65536] }, ['/starting_ports/1', 65536, PORT]],
  ['port -1', { starting_ports: [-1] }, ['/starting_ports/0', -1, PORT]],
  ['port 80.5', { starting_ports: [80.5] }, ['/starting_ports/0', 80.5, PORT]],
  ['port 1e300', { starting_ports: [1e300] }, ['/starting_ports/0', 1e300, PORT]],
  ['port "http"', { starting_ports: ['http'] }, ['/starting_ports/0', 'http', PORT]],
  ['port "0"', { starting_ports: ['0'] }, ['/starting_ports/0', '0', PORT]],
  ['port ""', { starting_ports: [''] }, ['/starting_ports/0', '', PORT]],
  [
    'host port "http"',
    { starting_ports: [{ http: 80 }] },
    ['/starting_ports/0/http', 80, /^must have a port, 1 to 65535, as its name \(the host port\)$/],
  ],
  ['container port 65536', { starting_ports: [{ '80': 65536 }] }, ['/starting_ports/0/80', 65536, PORT]],
  [
    'two host ports in one entry',
    { starting_ports: [{ '80': 80, '81': 80 }] },
    ['/starting_ports/0', { '80': 80, '81': 80 }, /exactly one|one port|\{"81": "80"\}/],
  ],
  [
    'no list of ports',
    { starting_ports: 80 },
    ['/starting_ports', 80, /^must be a list; each item is a port like 80 .*, not a number$/],
  ],
  [
    'a host port twice',
    { starting_ports: [80, { '80': 8080 }] },
    ['/starting_ports/1', { '80': 8080 }, /^must not collide with item 0: that binds host port 80, this 80$/],
  ],
  [
    'ports that collide through replicas',
    { starting_ports: [80, 82], containers_per: { server: 3 } },
    ['/starting_ports/1', 82, /^must not collide with item 0: that binds host port 80 to 82, this 82 to 84$/],
  ],
  [
    'ports beyond the last through replicas',
    { starting_ports: [65535], containers_per: { server: 2 } },
    ['/starting_ports/0', 65535, /^must leave room for 2 replicas/],
  ],
  [
    'containers_per with two keys',
    { containers_per: { server: 1, cpu: 1 } },
    [
      '/containers_per',
      { server: 1, cpu: 1 },
      /exactly one of server, .*, not one with 2 keys; .* "server": null$/,
    ],
  ],
  [
    'containers_per that is a list',
    { containers_per: [] },
    ['/containers_per', [], /exactly one of server, .*, not a list$/],
  ],
  [
    'containers_per without a key',
    { containers_per: {} },
    ['/containers_per', {}, /exactly one of server, .*, not an empty one$/],
  ],
  [
    'containers_per of an unknown measure',
    { containers_per: { severs: 1 } },
    ['/containers_per/severs', 1, /^is not one of server, .*did you mean "server"/],
  ],
  [
    'negative containers_per',
    { containers_per: { server: -1 } },
    ['/containers_per/server', -1, /^must be a whole number of replicas, 1 to 10000, not -1$/],
  ],
  [
    'containers_per zero',
    { containers_per: { cpu: 0 } },
    ['/containers_per/cpu', 0, /^must be replicas per core, a number above 0 .*, not 0$/],
  ],
  [
    'containers_per "NaN"',
    { containers_per: { memory: 'NaN' } },
    ['/containers_per/memory', 'NaN', /^must be MiB of memory per replica, .*, not text$/],
  ],
  [
    'half a replica',
    { containers_per: { server: 1.5 } },
    ['/containers_per/server', 1.5, /^must be a whole number of replicas/],
  ],
  [
    'an environment name with =',
    { env_vars: { 'A=B': '1' } },
    ['/env_vars/A=B', undefined, /^must have a name without "="$/],
  ],
  [
    'an environment name with NUL',
    { env_vars: { 'A\0': '1' } },
    ['/env_vars/A\0', undefined, /^must have a name without NUL$/],
  ],
  ['an empty environment name', { env_vars: { '': '1' } }, ['/env_vars/', undefined, /^must have a name/]],
  [
    'an environment value with NUL',
    { env_vars: { A: 'b\0' } },
    ['/env_vars/A', undefined, /^must be text without NUL$/],
  ],
  [
    'an environment value that is a number',
    { env_vars: { A: 1 } },
    ['/env_vars/A', undefined, /^must be text, not a number: put it in quotes$/],
  ],
  [
    'an environment that is a list',
    { env_vars: ['A=1'] },
    ['/env_vars', undefined, /^must be an object of text by name, .*, not a list$/],
  ],
  ...['', 'Shop', 'shop:', 'shop:-', 'https://registry.example/shop', 'a b', '../shop', 'shop@sha256:1'].map(
    (docker_image): WrongSpec => [
      `the image ${JSON.stringify(docker_image)}`,
      { docker_image },
      ['/docker_image', docker_image, /^must be an image reference like "nginx"/],
    ],
  ),
  ['an image that is a number', { docker_image: 5 }, ['/docker_image', 5, /^must be .*, not a number$/]],
  ...['/a', 'a:b', '/a:/b:rx', ':/b', '/a:', '/a:/b:ro:z', './a:/b', '/a:/../b'].map(
    (volume): WrongSpec => [
      `the volume ${JSON.stringify(volume)}`,
      { volumes: ['/x:/y', volume] },
      ['/volumes/1', volume, /^must have Docker's form "\/host:\/container\[:ro\]"/],
    ],
  ),
  ...['/dev', 'ttyUSB0', '/dev/x:rwx', '/dev/x:/dev/y:q', '/etc/passwd', ''].map(
    (device): WrongSpec => [
      `the device ${JSON.stringify(device)}`,
      { devices: [device] },
      ['/devices/0', device, /^must have Docker's form "\/dev\/x\[:\/dev\/y\[:rwm\]\]"/],
    ],
  ),
  ['a network next to host', { networks: ['host', 'a'] }, ['/networks/0', 'host', /^must stand alone/]],
  ['text for yes or no', { running: 'true' }, ['/running', 'true', /^must be true or false$/]],
  ['a number for yes or no', { privileged: 1 }, ['/privileged', 1, /^must be true or false$/]],
  [
    'a command that is text',
    { command: 'serve' },
    ['/command', undefined, /^must be null for .*, not text$/],
  ],
  [
    'an entrypoint that is text',
    { entrypoint: '/bin/x --token hunter2' },
    ['/entrypoint', undefined, /^must be null for the entrypoint of the image, or a list .*, not text$/],
  ],
  [
    'a user with a blank',
    { user: 'a b' },
    ['/user', 'a b', /^must be null for .* or a name or number of a user/],
  ],
  ['a working_dir that is not absolute', { working_dir: 'srv' }, ['/working_dir', 'srv', /an absolute path/]],
  [
    'an unknown template',
    { hostname: '{{.Host}}' },
    ['/hostname', '{{.Host}}', /"\{\{\.Host\}\}" is no template/],
  ],
  [
    'a label of ours',
    { labels: { 'nebula.app': 'other' } },
    ['/labels/nebula.app', undefined, /^must have another name: .* which knows its containers by them$/],
  ],
  [
    'an unknown capability',
    { cap_add: ['NET_ADMN'] },
    ['/cap_add/0', 'NET_ADMN', /did you mean "NET_ADMIN"/],
  ],
  [
    'a capability added and dropped',
    { cap_add: ['CHOWN'], cap_drop: ['CAP_CHOWN'] },
    ['/cap_drop/0', 'CAP_CHOWN', /^must not be in cap_add as well$/],
  ],
  [
    'the path of a seccomp profile',
    { security_opt: ['seccomp=/p.json'] },
    ['/security_opt/0', 'seccomp=/p.json', /not the path of one$/],
  ],
  ['a tmpfs at /', { tmpfs: ['/'] }, ['/tmpfs/0', '/', /^must be Docker's form .* can't be "\/"$/]],
  ['no shm_size', { shm_size: 0 }, ['/shm_size', 0, /^must be a size of at least 1b, .*, not 0$/]],
  [
    'an unknown ulimit',
    { ulimits: { nofiles: 1 } },
    ['/ulimits/nofiles', 1, /^is not one of core, .*did you mean "nofile"/],
  ],
  [
    "a sysctl of the server's",
    { sysctls: { 'vm.swappiness': '1' } },
    ['/sysctls/vm.swappiness', '1', /a parameter that a container has of its own/],
  ],
  ['a name server by name', { dns: ['ns.example'] }, ['/dns/0', 'ns.example', /it is no IP address$/]],
  ['a search domain with a blank', { dns_search: ['a b'] }, ['/dns_search/0', 'a b', /^must be a domain/]],
  [
    'an extra host without address',
    { extra_hosts: ['db'] },
    ['/extra_hosts/0', 'db', /the address is missing$/],
  ],
  ['an unknown pid_mode', { pid_mode: 'own' }, ['/pid_mode', 'own', /"host" or "container:<name>"$/]],
  ['an unknown ipc_mode', { ipc_mode: 'own' }, ['/ipc_mode', 'own', /"shareable", "host" or/]],
  ['text for init', { init: 'yes' }, ['/init', 'yes', /^must be true or false$/]],
  ['no gpus', { gpus: 0 }, ['/gpus', 0, /, not 0$/]],
  [
    'a request with count and device_ids',
    { gpus: [{ count: 1, device_ids: ['0'] }] },
    ['/gpus/0', { count: 1, device_ids: ['0'] }, /^must have exactly one of count and device_ids, not both$/],
  ],
  ['a runtime with a blank', { runtime: 'a b' }, ['/runtime', 'a b', /the name of a runtime/]],
  [
    'a misspelled resource',
    { resources: { cpu: 1 } },
    ['/resources/cpu', 1, /^is not one of cpus, .*did you mean "cpus"/],
  ],
  [
    'memory_swap below memory',
    { resources: { memory: '64m', memory_swap: '32m' } },
    ['/resources/memory_swap', '32m', /^must be at least memory, .*: 33554432 bytes is less than 67108864$/],
  ],
  [
    'memory_reservation above memory',
    { resources: { memory: '64m', memory_reservation: '1g' } },
    [
      '/resources/memory_reservation',
      '1g',
      /^must be at most memory: 1073741824 bytes is more than 67108864$/,
    ],
  ],
  [
    'an oom_score out of range',
    { resources: { oom_score: 1_001 } },
    ['/resources/oom_score', 1_001, /^must be a whole number, -1000 to 1000, not 1001$/],
  ],
  [
    'a misspelled option of a log driver',
    { log_driver: { name: 'json-file', options: { max_size: 'hunter2' } } },
    ['/log_driver/options/max_size', undefined, /did you mean "max-size"/],
  ],
  [
    'an unknown restart_policy',
    { restart_policy: 'allways' },
    ['/restart_policy', 'allways', /did you mean "always"/],
  ],
  ['an unknown signal', { stop_signal: 'SIGTRM' }, ['/stop_signal', 'SIGTRM', /did you mean "TERM"/]],
  [
    'a grace period of two days',
    { stop_grace_period_seconds: 172_800 },
    ['/stop_grace_period_seconds', 172_800, /a whole number of seconds, 0 to 86400, not 172800$/],
  ],
  [
    'a health check without interval',
    { health_check: { command: 'x', interval_seconds: 0 } },
    ['/health_check/interval_seconds', undefined, /0.001 to 86400, not 0$/],
  ],
  [
    'an unknown pull_policy',
    { pull_policy: 'allways' },
    ['/pull_policy', 'allways', /did you mean "always"/],
  ],
  ['a platform without os', { platform: 'arm64' }, ['/platform', 'arm64', /like "linux\/arm64"$/]],
  [
    'a hook without a command',
    { hooks: { pre_stop: { command: [] } } },
    ['/hooks/pre_stop/command', undefined, /^must be a list of its arguments, .*, not an empty list$/],
  ],
  [
    'max_unavailable 0',
    { update: { max_unavailable: 0 } },
    ['/update/max_unavailable', 0, /^must be a whole number of replicas, 1 to 10000, or a share/],
  ],
  [
    'max_unavailable above all',
    { update: { max_unavailable: '101%' } },
    ['/update/max_unavailable', '101%', /"1%" to "100%"$/],
  ],
  [
    'an unknown strategy',
    { update: { strategy: 'roling' } },
    ['/update/strategy', 'roling', /did you mean "rolling"/],
  ],
  [
    'a UDP port twice',
    { starting_ports: ['53/udp', { '127.0.0.1:53': '53/udp' }] },
    ['/starting_ports/1', { '127.0.0.1:53': '53/udp' }, /^must not collide with item 0: .* on 127.0.0.1$/],
  ],
  [
    'a parameter of the network with that of the server',
    { networks: ['host'], sysctls: { 'net.core.somaxconn': '1' } },
    ['/sysctls/net.core.somaxconn', '1', /^must not be set when the network is "host"/],
  ],
];
