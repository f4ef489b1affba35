import { kindOf, quoted } from '../parsing/problem.js';
import { type Flaw, type Rule, wrongKind } from '../parsing/rule.js';
import { fewestReplicas } from './containers-per.js';
import { networkOfAnother } from './networks.js';

/**
 * A published port as users write it: `80`, `"80"` or `{"81": "80"}` (host: container). The container's port may have a
 * protocol (`"53/udp"`), the host's an address (`{"127.0.0.1:81": "80"}`, `{"[::1]:81": "80"}`).
 */
export type PortSpec = number | string | Record<string, number | string>;

export const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** One published port. */
export interface PortMapping {
  host_port: number;
  container_port: number;
  /** TCP when absent. */
  protocol?: Protocol;
  /** Address of the server that it is published on; all of them when absent. */
  host_address?: string;
}

export const HIGHEST_PORT = 65_535;

const ENTRY = 'a port like 80 or "80", or {"81": "80"} (host: container)';
const PORT = `a port, 1 to ${HIGHEST_PORT}`;
const PORT_SCHEMA = {
  oneOf: [
    { type: 'integer', minimum: 1, maximum: HIGHEST_PORT },
    { type: 'string', pattern: '^[1-9][0-9]{0,4}$' },
  ],
};

export const startingPorts: Rule = {
  name: 'startingPorts',
  allowed: `a list; each item is ${ENTRY}`,
  schema: {
    type: 'array',
    items: {
      oneOf: [
        ...PORT_SCHEMA.oneOf,
        {
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          propertyNames: { pattern: '^[1-9][0-9]{0,4}$' },
          additionalProperties: PORT_SCHEMA,
        },
      ],
    },
    examples: [[{ '81': '80' }]],
  },
  *check(value, owner) {
    if (!Array.isArray(value)) {
      yield wrongKind(value, this.allowed);
      return;
    }
    const items: unknown[] = value;
    const starts: Start[] = [];
    for (const [index, item] of items.entries()) {
      const { mapping, flaws } = readEntry(item);
      for (const flaw of flaws) yield { ...flaw, at: [index, ...(flaw.at ?? [])] };
      if (mapping) starts.push({ index, port: mapping.host_port });
    }
    const foreign = networkOfAnother(owner['networks']);
    if (items.length > 0 && foreign !== null) {
      yield { message: `must be empty when the network is "${foreign}": nothing can be published there` };
    }
    yield* collisions(starts, fewestReplicas(owner['containers_per']));
  },
};

/** The published ports of the first replica. The entries are those of a spec that was validated. */
export function portMappings(entries: readonly PortSpec[]): PortMapping[] {
  return entries.map((entry) => {
    const { mapping } = readEntry(entry);
    if (!mapping) throw new Error(`${JSON.stringify(entry)} must be ${ENTRY}`);
    return mapping;
  });
}

/**
 * The published ports of one replica, counted from 1: the host ports go up by one with each replica. On a server
 * with many replicas they can pass 65535, which no validation can foresee for `cpu` and `memory`.
 */
export function replicaPorts(spec: { starting_ports: readonly PortSpec[] }, replica: number): PortMapping[] {
  return portMappings(spec.starting_ports).map(({ host_port, container_port }) => ({
    host_port: host_port + replica - 1,
    container_port,
  }));
}

interface Start {
  index: number;
  port: number;
}

function readEntry(entry: unknown): { mapping?: PortMapping; flaws: Flaw[] } {
  if (typeof entry === 'number' || typeof entry === 'string') {
    const port = readPort(entry);
    if (port !== null) return { mapping: { host_port: port, container_port: port }, flaws: [] };
    const [host, container] = String(entry).split(':').map(readPort);
    const advice = host && container ? `; write {"${host}": "${container}"}` : '';
    return { flaws: [{ message: `must be ${PORT}, not ${quoted(entry)}${advice}` }] };
  }
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return { flaws: [wrongKind(entry, ENTRY)] };

  const pairs: [string, unknown][] = Object.entries(entry);
  const [first] = pairs;
  if (!first || pairs.length > 1) {
    return {
      flaws: [{ message: `must have exactly one host port, like {"81": "80"}, not ${pairs.length}` }],
    };
  }
  const [name, inside] = first;
  const host_port = readPort(name);
  const container_port = readPort(inside);
  if (host_port !== null && container_port !== null)
    return { mapping: { host_port, container_port }, flaws: [] };
  const flaws: Flaw[] = [];
  if (host_port === null)
    flaws.push({ at: [name], message: `must have ${PORT}, as its name (the host port)` });
  if (container_port === null) {
    const found = typeof inside === 'number' || typeof inside === 'string' ? quoted(inside) : kindOf(inside);
    flaws.push({ at: [name], message: `must be ${PORT}, not ${found}` });
  }
  return { flaws };
}

/** Decimal without sign, blanks and leading zeros, so that each port is written in one way. */
function readPort(value: unknown): number | null {
  const port = typeof value === 'string' && /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= HIGHEST_PORT
    ? port
    : null;
}

/**
 * Ranges [port, port + replicas - 1] that pass the last port or meet an earlier one. All ranges are equally long,
 * so cut the ports into blocks of that length: a range meets only those that begin in its own block and the two
 * beside it, of which the extremes decide.
 */
function* collisions(starts: readonly Start[], replicas: number): Generator<Flaw> {
  const blocks = new Map<number, { lowest: Start; highest: Start }>();
  const range = (port: number) => (replicas === 1 ? `${port}` : `${port} to ${port + replicas - 1}`);
  for (const start of starts) {
    const { index, port } = start;
    if (port + replicas - 1 > HIGHEST_PORT) {
      yield {
        at: [index],
        message: `must leave room for ${replicas} replicas: they would bind host ports ${range(port)}, and the last is ${HIGHEST_PORT}`,
      };
    }
    const number = Math.floor(port / replicas);
    const block = blocks.get(number);
    const met = [block?.lowest, blocks.get(number - 1)?.highest, blocks.get(number + 1)?.lowest].find(
      (other) => other && Math.abs(other.port - port) < replicas,
    );
    if (met) {
      yield {
        at: [index],
        message: `must not collide with item ${met.index}: that binds host port ${range(met.port)}, this ${range(port)}`,
      };
    }
    if (!block) blocks.set(number, { lowest: start, highest: start });
    else if (port < block.lowest.port) block.lowest = start;
    else if (port > block.highest.port) block.highest = start;
  }
}
