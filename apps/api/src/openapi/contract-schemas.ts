import { customSchemas } from '@nebula/contracts';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { INSTANT, type Schema } from './schema.js';

/** The generator's own idea of these says `number` for whole numbers, and a day for an instant. */
const CONVERTERS: Record<string, (meta: { constraints?: unknown[] }) => Record<string, unknown>> = {
  isInt: () => ({ type: 'integer' }),
  min: ({ constraints }) => ({ minimum: constraints?.[0] }),
  max: ({ constraints }) => withoutCeiling(constraints?.[0]),
  minLength: ({ constraints }) => (constraints?.[0] === 0 ? {} : { minLength: constraints?.[0] }),
  isIso8601: () => ({ ...INSTANT }),
};

/** Properties of the classes of the contracts, by class and field, from the rules that validate them. */
export function contractProperties(): Readonly<Record<string, Readonly<Record<string, Schema>>>> {
  const rules = Object.entries(customSchemas).map(([name, schema]) => [name, () => ({ ...schema })]);
  const schemas = validationMetadatasToSchemas({
    additionalConverters: { ...CONVERTERS, ...(Object.fromEntries(rules) as typeof CONVERTERS) },
    refPointerPrefix: '#/components/schemas/',
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      (schema.properties ?? {}) as Readonly<Record<string, Schema>>,
    ]),
  );
}

/** What every whole number of JavaScript stays below needs no saying. */
function withoutCeiling(maximum: unknown): Record<string, unknown> {
  return maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum };
}
