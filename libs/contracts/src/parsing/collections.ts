import { type Kind, isObject } from './kind.js';
import { quoted } from './problem.js';
import { type Flaw, type Owner, wrongKind } from './rule.js';
import { suggestion } from './suggestion.js';

interface ListOptions {
  allowed: string;
  min?: number;
  /** What is the same for items that exclude each other; absent: they may be repeated. */
  once?: (item: string) => string;
  /** An item must not be shown: one that is repeated is told by its place alone. */
  secret?: boolean;
  examples?: readonly unknown[];
}

export function listOf(item: Kind, { allowed, min = 0, once, secret, examples }: ListOptions): Kind {
  return {
    allowed,
    schema: {
      type: 'array',
      ...(min > 0 ? { minItems: min } : {}),
      ...(once ? { uniqueItems: true } : {}),
      items: item.schema,
      ...(examples ? { examples } : {}),
    },
    *check(value, owner) {
      if (!Array.isArray(value)) {
        yield wrongKind(value, this.allowed);
        return;
      }
      if (value.length < min) yield { message: `must be ${this.allowed}, not an empty list` };
      const items: unknown[] = value;
      const first = new Map<string, number>();
      for (const [index, entry] of items.entries()) {
        let wrong = false;
        for (const flaw of within(index, item.check(entry, owner))) {
          wrong = true;
          yield flaw;
        }
        if (wrong || !once || typeof entry !== 'string') continue;
        const same = once(entry);
        const earlier = first.get(same);
        if (earlier === undefined) first.set(same, index);
        else {
          const what = secret ? 'the same' : `${quoted(same)} too`;
          yield { at: [index], message: `must be listed once; item ${earlier} is ${what}` };
        }
      }
    },
  };
}

/** The name of an entry of a map: what is allowed, and what is wrong with one. */
export interface EntryName {
  schema: Readonly<Record<string, unknown>>;
  /** Reads on from the name. It is not told what is at that place. */
  flaw(name: string): string | null;
}

interface MapOptions {
  allowed: string;
  name: EntryName;
  examples?: readonly unknown[];
}

/** An object whose members are entries of one kind, by names that users choose. */
export function mapOf(entry: Kind, { allowed, name, examples }: MapOptions): Kind {
  return {
    allowed,
    schema: {
      type: 'object',
      propertyNames: name.schema,
      additionalProperties: entry.schema,
      ...(examples ? { examples } : {}),
    },
    *check(value, owner) {
      if (!isObject(value)) {
        yield wrongKind(value, this.allowed);
        return;
      }
      for (const [key, member] of Object.entries(value)) {
        const message = name.flaw(key);
        if (message) yield { at: [key], message };
        else yield* within(key, entry.check(member, owner));
      }
    },
  };
}

interface ObjectOptions {
  allowed: string;
  required?: readonly string[];
  /** What is wrong with the members together. Each of them is right by itself. */
  together?: (value: Readonly<Record<string, unknown>>, owner: Owner) => Iterable<Flaw>;
  examples?: readonly unknown[];
}

/**
 * An object with members that are known. Unlike an unknown field, an unknown member is wrong for workers too: what
 * adds one raises the `min_reader` of its messages.
 */
export function objectOf(
  members: Readonly<Record<string, Kind>>,
  { allowed, required = [], together, examples }: ObjectOptions,
): Kind {
  const names = Object.keys(members);
  const properties = names.map((name) => [name, described(members[name])] as const);
  return {
    allowed,
    schema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
      ...(examples ? { examples } : {}),
    },
    *check(value, owner) {
      if (!isObject(value)) {
        yield wrongKind(value, this.allowed);
        return;
      }
      let right = true;
      for (const flaw of membersFlaws(members, required, value, owner)) {
        right = false;
        yield flaw;
      }
      if (right && together) yield* together(value, owner);
    },
  };
}

function* membersFlaws(
  members: Readonly<Record<string, Kind>>,
  required: readonly string[],
  value: Readonly<Record<string, unknown>>,
  owner: Owner,
): Generator<Flaw> {
  const names = Object.keys(members);
  for (const name of required) {
    if (value[name] === undefined) yield { at: [name], message: `is required: ${members[name]?.allowed}` };
  }
  for (const [name, member] of Object.entries(value)) {
    const kind = members[name];
    if (kind) yield* within(name, kind.check(member, owner));
    else yield { at: [name], message: `is not one of ${names.join(', ')}${suggestion(name, names)}` };
  }
}

function described(kind: Kind | undefined): Readonly<Record<string, unknown>> {
  return kind
    ? { ...kind.schema, description: `${kind.allowed[0]?.toUpperCase()}${kind.allowed.slice(1)}.` }
    : {};
}

function* within(place: string | number, flaws: Iterable<Flaw>): Generator<Flaw> {
  for (const { at = [], message } of flaws) yield { at: [place, ...at], message };
}
