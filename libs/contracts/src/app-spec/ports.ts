import { kindOf, quoted } from '../parsing/problem.js';
import { type Flaw, type Rule, wrongKind } from '../parsing/rule.js';
import { fewestReplicas } from './containers-per.js';
import { networkOfAnother } from './networks.js';
import { plainAddress } from './addresses.js';
import { collisions, type Start } from './port-collisions.js';
import { HIGHEST_PORT, type PortMapping, PROTOCOLS } from './port-mapping.js';

/**
 * A published port as users write it: `80`, `"80"` or `{"81": "80"}` (host: container). The container's port may have a
 * protocol (`"53/udp"`), the host's an address (`{"127.0.0.1:81": "80"}`, `{"[::1]:81": "80"}`).
 */
export type PortSpec = number | string | Record<string, number | string>;

const ENTRY = 'a port like 80 or "53/udp", or {"81": "80"} (host: container)';
const PORT = `a port, 1 to ${HIGHEST_PORT}`;
const PORT_SCHEMA = {
  oneOf: [
    { type: 'integer', minimum: 1, maximum: HIGHEST_PORT },
    { type: 'string', pattern: `^[1-9][0-9]{0,4}(/(${PROTOCOLS.join('|')}))?$` },
  ],
};
const HOST_PORT = '^(([0-9.]+|\\[[0-9a-fA-F:.]+\\]):)?[1-9][0-9]{0,4}$';

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
          propertyNames: { pattern: HOST_PORT },
          additionalProperties: PORT_SCHEMA,
        },
      ],
    },
    examples: [[{ '81': '80' }], ['53/udp', { '127.0.0.1:8080': 80 }]],
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
      if (mapping) starts.push({ index, mapping });
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
  return portMappings(spec.starting_ports).map((mapping) => ({
    ...mapping,
    host_port: mapping.host_port + replica - 1,
  }));
}

function readEntry(entry: unknown): { mapping?: PortMapping; flaws: Flaw[] } {
  if (typeof entry === 'number' || typeof entry === 'string') {
    const inside = readContainerPort(entry);
    if (inside !== null) return { mapping: { host_port: inside.container_port, ...inside }, flaws: [] };
    return { flaws: [{ message: `must be ${PORT}, not ${quoted(entry)}${advice(String(entry))}` }] };
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
  const [name, target] = first;
  const outside = readHostPort(name);
  const inside = readContainerPort(target);
  if (typeof outside !== 'string' && inside !== null)
    return { mapping: { ...outside, ...inside }, flaws: [] };
  const flaws: Flaw[] = [];
  if (typeof outside === 'string') flaws.push({ at: [name], message: outside });
  if (inside === null) {
    const found = typeof target === 'number' || typeof target === 'string' ? quoted(target) : kindOf(target);
    flaws.push({ at: [name], message: `must be ${PORT}, not ${found}${protocolAdvice(target)}` });
  }
  return { flaws };
}

/** Docker's form of a published port in one text, written as an entry. */
function advice(text: string): string {
  const at = text.lastIndexOf(':');
  const outside = at < 0 ? '' : readHostPort(text.slice(0, at));
  const inside = text.slice(at + 1);
  if (at < 0) return protocolAdvice(text);
  return typeof outside === 'string' || !readContainerPort(inside)
    ? ''
    : `; write {"${text.slice(0, at)}": "${inside}"}`;
}

function protocolAdvice(value: unknown): string {
  const [port, protocol] = typeof value === 'string' ? value.split(/\/(.*)/s) : [];
  return protocol !== undefined && readPort(port) !== null
    ? `; the protocol is one of ${PROTOCOLS.join(', ')}`
    : '';
}

/** A container's port with an optional protocol. TCP is left out. */
function readContainerPort(value: unknown): Pick<PortMapping, 'container_port' | 'protocol'> | null {
  const [port, name] = typeof value === 'string' && value.includes('/') ? value.split(/\/(.*)/s) : [value];
  const container_port = readPort(port);
  if (container_port === null) return null;
  if (name === undefined || name === 'tcp') return { container_port };
  const protocol = PROTOCOLS.find((known) => known === name);
  return protocol ? { container_port, protocol } : null;
}

/** A host port with an optional address before it, or what is wrong with it. */
function readHostPort(name: string): Pick<PortMapping, 'host_port' | 'host_address'> | string {
  const at = name.lastIndexOf(':');
  const host_port = readPort(name.slice(at + 1));
  if (host_port === null) {
    const elsewhere = name.includes('/') ? '; a protocol stands with the port in the container' : '';
    return `must have ${PORT}, as its name (the host port)${elsewhere}`;
  }
  if (at < 0) return { host_port };
  const host_address = plainAddress(name.slice(0, at));
  return host_address === null
    ? 'must have an IP address before the host port, like "127.0.0.1:81" or "[::1]:81"'
    : { host_port, host_address };
}

/** Decimal without sign, blanks and leading zeros, so that each port is written in one way. */
function readPort(value: unknown): number | null {
  const port = typeof value === 'string' && /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= HIGHEST_PORT
    ? port
    : null;
}
