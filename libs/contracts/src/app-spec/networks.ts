import { quoted } from '../parsing/problem.js';
import { checkTexts, type Rule } from '../parsing/rule.js';
import { DEFAULT_NETWORK } from '../names.js';

/** A network by name, or with the names by which other containers in it find this app's. */
export type NetworkSpec = string | { name: string; aliases?: string[] };

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;
const OF_CONTAINER = /^container:[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const ITEM = 'the name of a network, or alone in the list: "host", "none" or "container:<name>"';

export const networks: Rule = {
  name: 'networks',
  allowed: `a list; each item is ${ITEM}`,
  schema: {
    type: 'array',
    uniqueItems: true,
    items: { type: 'string', pattern: '^(container:)?[a-zA-Z0-9][a-zA-Z0-9_.-]*$' },
    examples: [['backend'], ['host']],
  },
  *check(value) {
    const count = Array.isArray(value) ? value.length : 0;
    const first = new Map<string, number>();
    yield* checkTexts(value, { list: this.allowed, item: ITEM }, function* (name, index) {
      const earlier = first.get(name);
      if (earlier !== undefined) yield `must be listed once; item ${earlier} is ${quoted(name)} too`;
      else first.set(name, index);
      if (name === 'default')
        yield 'must not be "default", which Docker keeps for itself; its own bridge is "bridge"';
      else if (!NAME.test(name) && !OF_CONTAINER.test(name)) {
        yield `must be ${ITEM}; a name is up to 128 letters, digits, "_", "." and "-", beginning with a letter or digit`;
      } else if (isOfAnother(name) && count > 1)
        yield `must stand alone: "${name}" excludes every other network`;
    });
  },
};

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
