import { orNull, type Schema } from './schema.js';

type Members = Readonly<Record<string, Schema>>;

/**
 * The schema of what a merge patch (RFC 7396) may say in place of a value: null, which takes it away, and of an
 * object any of its members, each of them patched in turn. The result is validated as a whole, so what is required or
 * excluded in it is not said here.
 */
export function mergePatched(rule: Schema): Schema {
  const forms = alternatives(rule);
  const objects = forms.filter(({ type }) => type === 'object');
  if (objects.length === 0) return orNull(rule);
  const others = forms.filter((form) => !objects.includes(form) && form['type'] !== 'null');
  const { examples } = rule;
  const form = { anyOf: [...others, patchedObject(objects), { type: 'null' }] };
  return examples === undefined ? form : { ...form, examples };
}

/** Of objects of which a value is one: a patch may take a member of one away and set one of another. */
function patchedObject(forms: readonly Schema[]): Schema {
  const members = forms.flatMap(({ properties }) => Object.entries((properties ?? {}) as Members));
  const { propertyNames, additionalProperties } = forms[0] ?? {};
  return {
    type: 'object',
    ...(members.length > 0 ? { properties: Object.fromEntries(members.map(patchedMember)) } : {}),
    ...(propertyNames ? { propertyNames } : {}),
    additionalProperties: isSchema(additionalProperties) ? mergePatched(additionalProperties) : false,
  };
}

function patchedMember([name, { description, ...rule }]: [string, Schema]): [string, Schema] {
  return [name, { ...(description ? { description } : {}), ...mergePatched(rule) }];
}

/** A schema's `oneOf` or `anyOf`, flat; the schema alone when it has none. */
function alternatives(rule: Schema): Schema[] {
  const forms = rule['oneOf'] ?? rule['anyOf'];
  return Array.isArray(forms) ? (forms as Schema[]).flatMap(alternatives) : [rule];
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null;
}
