import { kindOf, quoted } from '../parsing/problem.js';
import { type Flaw, type Rule, wrongKind } from '../parsing/rule.js';
import { suggestion } from '../parsing/suggestion.js';

/** Replicas per worker; exactly one key. `instance` is `server`, `mem` is `memory`. */
export type ContainersPer =
  | { server: number }
  | { instance: number }
  | { cpu: number }
  | { memory: number }
  | { mem: number };

interface Measure {
  minimum: number;
  /** The minimum itself is not allowed. */
  above?: true;
  maximum: number;
  whole?: true;
  allowed: string;
}

const COUNT: Measure = {
  minimum: 1,
  maximum: 10_000,
  whole: true,
  allowed: 'a whole number of replicas, 1 to 10000',
};
const PER_CPU: Measure = {
  minimum: 0,
  above: true,
  maximum: 1_000,
  allowed: 'replicas per core, a number above 0 and at most 1000',
};
/** Less than one MiB per replica would be millions of replicas. */
const PER_MEMORY: Measure = {
  minimum: 1,
  maximum: 1_000_000_000,
  allowed: 'MiB of memory per replica, a number from 1 to 1000000000',
};

const MEASURES: Readonly<Record<string, Measure>> = {
  server: COUNT,
  instance: COUNT,
  cpu: PER_CPU,
  memory: PER_MEMORY,
  mem: PER_MEMORY,
};
const KEYS = Object.keys(MEASURES);

export const containersPer: Rule = {
  name: 'containersPer',
  allowed: `an object with exactly one of ${KEYS.join(', ')}, such as {"server": 2}`,
  schema: {
    oneOf: Object.entries(MEASURES).map(([key, { minimum, above, maximum, whole, allowed }]) => ({
      type: 'object',
      properties: {
        [key]: {
          type: whole ? 'integer' : 'number',
          [above ? 'exclusiveMinimum' : 'minimum']: minimum,
          maximum,
          description: allowed,
        },
      },
      required: [key],
      additionalProperties: false,
    })),
  },
  *check(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      yield wrongKind(value, this.allowed);
      return;
    }
    const entries: [string, unknown][] = Object.entries(value);
    if (entries.length !== 1) {
      const found = entries.length === 0 ? 'an empty one' : `one with ${entries.length} keys`;
      yield { message: `must be ${this.allowed}, not ${found}${wayOut(entries.map(([key]) => key))}` };
    }
    for (const [key, amount] of entries) yield* checkAmount(key, amount);
  },
};

/** Replicas of an app on a server of this size. Not above what the numbers say, and 0 when a share is too small. */
export function replicasOn(per: ContainersPer, node: { cores: number; memory_bytes: number }): number {
  if ('server' in per) return per.server;
  if ('instance' in per) return per.instance;
  if ('cpu' in per) return wholePart(node.cores * per.cpu);
  return wholePart(node.memory_bytes / 2 ** 20 / ('memory' in per ? per.memory : per.mem));
}

/** The fewest replicas that any server can have (of those that have one), whatever else is wrong with the value. */
export function fewestReplicas(per: unknown): number {
  if (typeof per !== 'object' || per === null) return 1;
  const [entry, ...others]: [string, unknown][] = Object.entries(per);
  if (!entry || others.length > 0) return 1;
  const [key, amount] = entry;
  if (typeof amount !== 'number' || !checkAmount(key, amount).next().done) return 1;
  if (key === 'cpu') return Math.max(1, replicasOn({ cpu: amount }, { cores: 1, memory_bytes: 0 }));
  return key === 'memory' || key === 'mem' ? 1 : amount;
}

/**
 * Two keys are mostly what a merge patch has made of the key that was there before and of the one in the patch, which
 * comes last. Nothing for keys that don't exist.
 */
function wayOut(keys: string[]): string {
  const wanted = keys.at(-1) ?? '';
  const others = keys.slice(0, -1);
  if (others.length === 0 || !keys.every((key) => Object.hasOwn(MEASURES, key))) return '';
  const nulls = others.map((key) => `"${key}": null`).join(', ');
  return `; a merge patch keeps the keys that it does not name, so beside "${wanted}" it has to say ${nulls}`;
}

function* checkAmount(key: string, amount: unknown): Generator<Flaw> {
  const measure = MEASURES[key];
  if (!measure) {
    yield { at: [key], message: `is not one of ${KEYS.join(', ')}${suggestion(key, KEYS)}` };
    return;
  }
  const { minimum, above, maximum, whole, allowed } = measure;
  if (typeof amount !== 'number') {
    yield { at: [key], message: `must be ${allowed}, not ${kindOf(amount)}` };
  } else if (
    !(amount >= minimum && amount <= maximum) ||
    (above && amount === minimum) ||
    (whole && !Number.isInteger(amount))
  ) {
    yield { at: [key], message: `must be ${allowed}, not ${quoted(amount)}` };
  }
}

/** Rounds down, taking what differs from a whole number by a rounding error alone for that number: 100 × 0.29 is 29. */
function wholePart(amount: number): number {
  return Math.floor(Number(amount.toPrecision(12)));
}
