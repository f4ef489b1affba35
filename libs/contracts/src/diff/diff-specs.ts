import { isDeepStrictEqual } from 'node:util';
import { type AppSpec, specDefaults } from '../app-spec/app-spec.js';
import { SECRET_MASK } from '../app-spec/mask-spec.js';
import { type ChangeEffect, SPEC_FIELDS, type SpecField } from '../app-spec/spec-fields.js';
import { pointerTo, type Path } from '../parsing/problem.js';
import { diffLists } from './diff-lists.js';

/** One value of a spec that is another, has come or has gone. */
export interface SpecChange {
  /** JSON Pointer (RFC 6901) into the spec. The index of an item that has gone is that of the earlier list. */
  pointer: string;
  /** The earlier value; absent where there was none. */
  from?: unknown;
  /** The later value; absent where there is none. */
  to?: unknown;
  /** What it does to containers that run. */
  effect: ChangeEffect;
}

/** Lists whose items say something only together, in their order. */
const WHOLE_LISTS = new Set(['command', 'entrypoint']);

/**
 * What differs between two specs, field by field in the order of the documentation. Objects are compared by their
 * members, lists by their items, so that one more port is one change; a command is one value. No spec (null: none was
 * there, or it is deleted) is one whose fields have their defaults.
 *
 * A variable that is secret on either side is masked on both: that it is another is told, and no value.
 * @param alsoSecret names of variables that are secret elsewhere
 */
export function diffSpecs(
  before: AppSpec | null,
  after: AppSpec | null,
  alsoSecret: readonly string[] = [],
): SpecChange[] {
  const [earlier, later] = [fieldsOf(before), fieldsOf(after)];
  const known = Object.keys(SPEC_FIELDS);
  const others = Object.keys({ ...earlier, ...later }).filter((field) => !known.includes(field));
  const changes = [...known, ...others].flatMap((field) => [
    ...differences([field], earlier[field], later[field]),
  ]);
  const secrets = [before, after].flatMap((spec) => spec?.secret_env_vars ?? []);
  const masked = new Set([...secrets, ...alsoSecret].map((name) => pointerTo(['env_vars', name])));
  return changes.map((change) => (masked.has(change.pointer) ? withoutValues(change) : change));
}

function withoutValues(change: SpecChange): SpecChange {
  const { from, to } = change;
  return {
    ...change,
    ...(from === undefined ? {} : { from: SECRET_MASK }),
    ...(to === undefined ? {} : { to: SECRET_MASK }),
  };
}

/** What a change at this place does to containers that run. */
export function changeEffect(path: Path): ChangeEffect {
  const [field = '', member = ''] = path.map(String);
  const said = (SPEC_FIELDS as Readonly<Record<string, SpecField | undefined>>)[field];
  // Of a field that a newer version knows the worst is told.
  return said?.members?.[member] ?? said?.change ?? 'replaces';
}

type Members = Readonly<Record<string, unknown>>;

function fieldsOf(spec: AppSpec | null): Members {
  return { ...(spec ?? specDefaults()) };
}

function* differences(path: Path, from: unknown, to: unknown): Generator<SpecChange> {
  if (isDeepStrictEqual(from, to)) return;
  if (isObject(from) && isObject(to)) {
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      yield* differences([...path, name], memberOf(from, name), memberOf(to, name));
    }
  } else if (Array.isArray(from) && Array.isArray(to) && !WHOLE_LISTS.has(String(path.at(-1)))) {
    for (const { index, ...values } of diffLists(from, to)) yield change([...path, index], values);
  } else {
    yield change(path, {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    });
  }
}

function change(path: Path, values: { from?: unknown; to?: unknown }): SpecChange {
  return { pointer: pointerTo(path), ...values, effect: changeEffect(path) };
}

function memberOf(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
