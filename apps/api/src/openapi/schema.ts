/** A JSON Schema of the dialect of OpenAPI 3.1. */
export type Schema = Readonly<Record<string, unknown>>;

export const INTEGER: Schema = { type: 'integer', minimum: 0 };
export const INSTANT: Schema = { type: 'string', format: 'date-time' };

export function ref(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** An object of exactly these members; all are required unless they are listed as optional. */
export function closedObject(
  properties: Readonly<Record<string, Schema>>,
  { optional = [], description }: { optional?: readonly string[]; description?: string } = {},
): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return {
    type: 'object',
    ...(description ? { description } : {}),
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

export const NEXT_CURSOR: Schema = {
  type: ['string', 'null'],
  description: 'For the next page, as `cursor`; null on the last one.',
};
