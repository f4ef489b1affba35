import fc from 'fast-check';
import type { NetworkSpec } from '../networks.js';
import type { PortSpec } from '../ports.js';
import type { Surroundings } from './surroundings.js';

const fileName = fc.stringMatching(/^[a-z0-9_]{1,8}$/);
/** A path in a container. */
export const anyPath = fc
  .array(fileName, { minLength: 1, maxLength: 3 })
  .map((parts) => `/in/${parts.join('/')}`);

const alias = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,8}$/);

/** Networks of the server: some of them, or one of those that stand alone. */
export function anyNetworks({ networks, containers }: Surroundings) {
  const joined: fc.Arbitrary<NetworkSpec[]> = fc
    .subarray([...networks], { minLength: 1 })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.oneof(
            fc.constant<NetworkSpec>(name),
            fc.record({ name: fc.constant(name), aliases: fc.uniqueArray(alias, { maxLength: 2 }) }),
          ),
        ),
      ),
    );
  const alone = ['host', 'none', 'bridge', ...containers.map((name) => `container:${name}`)];
  return { networks: fc.oneof(joined, fc.constantFrom(...alone.map((name): NetworkSpec[] => [name]))) };
}

const port = fc.integer({ min: 1, max: 65_535 });
const inside = fc.oneof(
  port,
  port.map(String),
  fc.tuple(port, fc.constantFrom('tcp', 'udp', 'sctp')).map(([number, protocol]) => `${number}/${protocol}`),
);
const outside = fc
  .tuple(fc.constantFrom('', '127.0.0.1:', '0.0.0.0:', '[::1]:', '[::]:', '[fd00::0:5]:'), port)
  .map(([address, number]) => `${address}${number}`);

export function anyPorts() {
  const one: fc.Arbitrary<PortSpec> = fc.oneof(
    inside,
    fc.tuple(outside, inside).map(([host, container]) => ({ [host]: container })),
  );
  return { starting_ports: fc.array(one, { maxLength: 3 }) };
}

const MODES = ['', ':ro', ':rw', ':z', ':ro,Z', ':cached', ':ro,delegated,z'];
const OF_PATHS = [':rslave', ':ro,private', ':shared,rw'];
const DEVICES = ['/dev/null', '/dev/zero:/dev/mine', '/dev/full:r', '/dev/random:/dev/a/b:rm'];
const IN_MEMORY = [
  ...[
    '',
    ':size=64m,mode=1777',
    ':size=10%,noexec',
    ':ro,nosuid,nodev,noatime',
    ':uid=7,gid=7,nr_inodes=10k',
  ],
  ...[':mpol=bind:0', ':defaults', ':nr_blocks=1k,sync,dirsync', ':size=1T'],
];

/** Mounts, mostly at places of their own. */
export function anyMounts({ folder, volumes }: Surroundings) {
  const source = fc.oneof(
    fc.constantFrom(folder, `${folder}/none`, `${folder}/a b`, `${folder}//.`),
    fileName.map((name) => `${volumes}${name}`),
  );
  const volume = fc.tuple(source, anyPath, fc.constantFrom(...MODES, ...OF_PATHS, ':nocopy'));
  return {
    volumes: fc
      .array(volume, { maxLength: 2 })
      .map((list) =>
        list
          .filter(([from, , mode]) => (from.startsWith('/') ? mode !== ':nocopy' : !OF_PATHS.includes(mode)))
          .map(([from, to, mode]) => `${from}:${to}${mode}`),
      ),
    devices: fc.subarray(DEVICES, { maxLength: 2 }),
    tmpfs: fc.array(
      fc.tuple(anyPath, fc.constantFrom(...IN_MEMORY)).map(([path, options]) => `${path}${options}`),
      { maxLength: 2 },
    ),
  };
}

const host = fc.stringMatching(/^[a-z0-9_]([a-z0-9_.-]{0,6}[a-z0-9_])?$/);

export function anyResolution() {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => !text.includes('%')),
  );
  return {
    dns: fc.uniqueArray(address, { maxLength: 2 }),
    dns_search: fc.subarray(['example.com', '.', 'a_b.c', 'x.'], { maxLength: 2 }),
    extra_hosts: fc.uniqueArray(
      fc
        .tuple(host, fc.oneof(address, fc.constant('host-gateway')))
        .map(([name, where]) => `${name}:${where}`),
      { maxLength: 2 },
    ),
  };
}
