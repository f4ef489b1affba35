import {
  type AppSpec,
  canonicalJson,
  DEFAULT_NETWORK,
  hashOf,
  imageWithTag,
  joinedNetworks,
  replicaPorts,
  type Tokens,
} from '@nebula/contracts';

/** What a container is made from, apart from its identity, which is in other labels. */
interface Origin {
  spec: AppSpec;
  /** 1-based. */
  replica: number;
  tokens: Tokens;
}

/** One part of a fingerprint: its value, or undefined when it is the default. */
type Field = (origin: Origin) => unknown;

/**
 * Everything that would need a new container when it changes. This is the one place to extend: add a function
 * that answers undefined for the default, so that the labels of running containers stay valid. What is here
 * must not change any more; a rule that has to change needs a version of its own.
 *
 * Left out on purpose: `running` and `containers_per`, which change no container, and the app's name and the
 * replica's number, which are identity.
 */
const V1: Record<string, Field> = {
  image: ({ spec }) => imageWithTag(spec.docker_image),
  env: ({ spec }) => unlessEmpty(spec.env_vars),
  // Docker doesn't care for the order of ports, volumes and devices.
  ports: ({ spec, replica }) =>
    unlessEmpty(
      replicaPorts(spec, replica)
        .map((port) => `${port.host_port}:${port.container_port}`)
        .sort(),
    ),
  volumes: ({ spec }) => unlessEmpty(spec.volumes.toSorted()),
  devices: ({ spec }) => unlessEmpty(spec.devices.toSorted()),
  // The first network is the one that the container is created in, so this order counts.
  networks: ({ spec }) => unlessDefault(joinedNetworks(spec), [DEFAULT_NETWORK]),
  privileged: ({ spec }) => spec.privileged || undefined,
  // An empty list is not the default: it takes the image's arguments away.
  command: ({ spec }) => spec.command ?? undefined,
  restart: ({ tokens }) => tokens.restart || undefined,
  release: ({ tokens }) => tokens.release || undefined,
  roll: ({ tokens }) => tokens.roll || undefined,
};

function unlessEmpty(value: object): object | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

function unlessDefault(value: unknown, byDefault: unknown): unknown {
  return canonicalJson(value) === canonicalJson(byDefault) ? undefined : value;
}

/** Every version there ever was; none may go, since containers with its labels still run somewhere. */
const VERSIONS: ReadonlyMap<string, Record<string, Field>> = new Map([['v1', V1]]);

const CURRENT = 'v1';

/**
 * The fingerprint of a version, `<version>:<sha256>`; null when this program doesn't know that version, which
 * is so for a container that a newer worker made.
 */
export function fingerprintOf(
  version: string,
  spec: AppSpec,
  replica: number,
  tokens: Tokens,
): string | null {
  const fields = VERSIONS.get(version);
  if (!fields) return null;
  const origin = { spec, replica, tokens };
  const values = Object.entries(fields).map(([name, field]) => [name, field(origin)] as const);
  // The hash leaves out undefined members, so a field at its default is as if it didn't exist.
  return `${version}:${hashOf(Object.fromEntries(values))}`;
}

/** The fingerprint that new containers are labelled with. */
export function fingerprint(spec: AppSpec, replica: number, tokens: Tokens): string {
  const current = fingerprintOf(CURRENT, spec, replica, tokens);
  if (current === null) throw new Error(`Fingerprint version ${CURRENT} is not in the table.`);
  return current;
}

/**
 * Whether a container with this label is what the spec wants. The label is checked by the rules of its own
 * version, so that a newer version restarts nothing; a label of an unknown version is never right.
 */
export function isRight(label: string, spec: AppSpec, replica: number, tokens: Tokens): boolean {
  const version = label.slice(0, label.indexOf(':'));
  return fingerprintOf(version, spec, replica, tokens) === label;
}
