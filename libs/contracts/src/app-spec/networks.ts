import { listOf, objectOf } from '../parsing/collections.js';
import { byType, type Kind, ruleOf, text } from '../parsing/kind.js';
import { quoted } from '../parsing/problem.js';
import { type Flaw, type Owner, wrongKind } from '../parsing/rule.js';
import { DEFAULT_NETWORK } from '../names.js';

/** A network by name, or with the names by which other containers in it find this app's. */
export type NetworkSpec = string | { name: string; aliases?: string[] };

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;
const OF_CONTAINER = /^container:[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const ITEM =
  'the name of a network, {"name": "backend", "aliases": ["db"]}, or alone in the list: "host", "none" or "container:<name>"';
const FORM = 'a name is up to 128 letters, digits, "_", "." and "-", beginning with a letter or digit';
const RESERVED = 'must not be "default", which Docker keeps for itself; its own bridge is "bridge"';

const name: Kind = {
  allowed: ITEM,
  schema: { type: 'string', pattern: '^(container:)?[a-zA-Z0-9][a-zA-Z0-9_.-]*$' },
  *check(value) {
    if (value === 'default') yield { message: RESERVED };
    else if (!NAME.test(String(value)) && !OF_CONTAINER.test(String(value)))
      yield { message: `must be ${ITEM}; ${FORM}` };
  },
};

const nameBesideAliases: Kind = {
  allowed: 'the name of a network',
  schema: { type: 'string', pattern: NAME.source },
  *check(value) {
    if (typeof value !== 'string') yield wrongKind(value, this.allowed);
    else if (value === 'default') yield { message: RESERVED };
    else if (isOfAnother(value))
      yield { message: `must be the name of a network: "${value}" stands alone in the list, as text` };
    else if (!NAME.test(value)) yield { message: `must be the name of a network; ${FORM}` };
  },
};

const alias = text({
  allowed: 'a host name of 1 to 63 letters, digits, "_", "." and "-", beginning with a letter or digit',
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/,
});

const withAliases = objectOf(
  {
    name: nameBesideAliases,
    aliases: listOf(alias, { allowed: 'a list of host names like "db"', once: (item) => item }),
  },
  { allowed: ITEM, required: ['name'], together: aliasesOfBridge },
);

export const networks = ruleOf(
  'networks',
  listOf(byType({ text: name, 'an object': withAliases }, ITEM), {
    allowed: `a list; each item is ${ITEM}`,
    examples: [['backend'], ['host'], [{ name: 'backend', aliases: ['db'] }]],
  }),
  { against: listFlaws },
);

/**
 * Networks that the containers of an app join, in order, each once. `host`, `none` and `container:…` stand alone;
 * else the common network is the first.
 */
export function joinedNetworks(spec: { networks: readonly NetworkSpec[] }): string[] {
  const foreign = networkOfAnother(spec.networks);
  return foreign === null ? [...new Set([DEFAULT_NETWORK, ...spec.networks.map(nameOf)])] : [foreign];
}

/** The names by which the app's containers are found in a network, beside their own. */
export function aliasesIn(network: string, spec: { networks: readonly NetworkSpec[] }): string[] {
  return spec.networks.flatMap((item) =>
    typeof item === 'object' && item.name === network ? (item.aliases ?? []) : [],
  );
}

function nameOf(network: NetworkSpec): string {
  return typeof network === 'string' ? network : network.name;
}

/** The first of `host`, `none` and `container:…` in a list, where a container has no ports of its own; else null. */
export function networkOfAnother(list: unknown): string | null {
  if (!Array.isArray(list)) return null;
  const names: unknown[] = list;
  const found = names.find((name) => typeof name === 'string' && isOfAnother(name));
  return typeof found === 'string' ? found : null;
}

function isOfAnother(name: string): boolean {
  return name === 'host' || name === 'none' || name.startsWith('container:');
}

/** The flaw of a field that Docker refuses beside `container:…`, where the container has host name and names of another. */
export function notWithContainerNetwork(value: unknown, owner: Owner): Iterable<Flaw> {
  const foreign = networkOfAnother(owner['networks']);
  const isGiven = Array.isArray(value) ? value.length > 0 : value !== null;
  if (!isGiven || !foreign?.startsWith('container:')) return [];
  return [{ message: `must not be given when the network is "${foreign}": the container has what is there` }];
}

/** Whether it is `container:` with the name of a container of the app itself, which can't join what it makes. */
export function isOwnContainer(value: string, { app_name }: Owner): boolean {
  const beginning = `container:${String(app_name)}-`;
  return value.startsWith(beginning) && /^[1-9][0-9]*$/.test(value.slice(beginning.length));
}

/** What is wrong with `container:` and the name of a container of the app itself. */
export function ownContainerFlaw(value: string): string {
  return `must be the container of another app: ${quoted(value.slice('container:'.length))} is one of this app`;
}

function* listFlaws(value: unknown, owner: Owner): Generator<Flaw> {
  const items = value as readonly NetworkSpec[];
  const first = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const network = nameOf(item);
    const earlier = first.get(network);
    if (earlier === undefined) first.set(network, index);
    else yield { at: [index], message: `must be listed once; item ${earlier} is ${quoted(network)} too` };
    if (isOwnContainer(network, owner)) yield { at: [index], message: ownContainerFlaw(network) };
    if (isOfAnother(network) && items.length > 1) {
      yield { at: [index], message: `must stand alone: "${network}" excludes every other network` };
    }
  }
}

/** Docker keeps no names in its own bridge. */
function* aliasesOfBridge(value: Readonly<Record<string, unknown>>): Generator<Flaw> {
  if (value['name'] === 'bridge' && Array.isArray(value['aliases']) && value['aliases'].length > 0) {
    yield { at: ['aliases'], message: 'must be empty for "bridge": Docker knows no names in its own bridge' };
  }
}
