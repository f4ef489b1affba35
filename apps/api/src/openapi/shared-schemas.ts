import { LEVELS } from '../access/rights.js';
import { PROBLEMS } from '../http/problem-types.js';
import { closedObject, listOf, ref, type Schema } from './schema.js';

const TYPES = Object.values(PROBLEMS).map(({ type }) => type);

/** Problems and health. */
export function sharedSchemas(): Record<string, Schema> {
  const text: Schema = { type: 'string' };
  const check = closedObject({
    name: text,
    problem: { type: ['string', 'null'], description: 'What is missing; null when all is well.' },
  });
  return {
    Problem: {
      type: 'object',
      description: 'An error as RFC 9457 has it.',
      properties: {
        type: { ...text, format: 'uri', enum: TYPES, description: 'Stable name of the kind of error.' },
        title: { ...text, description: 'What the kind of error is called.' },
        status: { type: 'integer', minimum: 400, maximum: 599 },
        detail: { ...text, description: 'What is wrong with this request.' },
        instance: { ...text, format: 'uri', description: 'Name of this one error, also in the log.' },
        errors: listOf(ref('PlaceOfProblem')),
        checks: listOf(ref('Check')),
        needed_right: { ...text, enum: [...LEVELS], description: 'The right that lacks.' },
      },
      required: ['type', 'title', 'status', 'detail', 'instance'],
    },
    PlaceOfProblem: closedObject(
      {
        pointer: {
          ...text,
          description: 'JSON Pointer (RFC 6901) to the field of the body; empty for all of it.',
        },
        parameter: { ...text, description: 'Name of the query parameter or header.' },
        value: { description: 'The value, shortened; left out where it is missing or may be a secret.' },
        message: { ...text, description: 'What is wrong and what would be right.' },
      },
      {
        optional: ['pointer', 'parameter', 'value'],
        description: 'One place that is wrong: `pointer` in the body, or `parameter`.',
      },
    ),
    Check: check,
    Alive: closedObject({ status: { type: 'string', const: 'ok' }, version: text }),
    Ready: closedObject({
      status: {
        type: 'string',
        enum: ['ok', 'degraded'],
        description: '`degraded`: it serves, and some of several regions can not be reached.',
      },
      checks: listOf(ref('Check')),
    }),
  };
}
