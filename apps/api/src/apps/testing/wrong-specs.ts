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
];
