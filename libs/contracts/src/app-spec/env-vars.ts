import { kindOf } from '../parsing/problem.js';
import { type Flaw, type Rule, wrongKind } from '../parsing/rule.js';

/** Values are secrets: no message holds one. */
export const envVars: Rule = {
  name: 'envVars',
  allowed: 'an object of text by name, like {"COLOUR": "blue"}',
  schema: {
    type: 'object',
    propertyNames: { minLength: 1, pattern: '^[^=\\u0000\\n\\r]+$' },
    additionalProperties: { type: 'string', pattern: '^[^\\u0000]*$' },
    examples: [{ COLOUR: 'blue' }],
  },
  secret: true,
  *check(value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      yield wrongKind(value, this.allowed);
      return;
    }
    for (const [name, text] of Object.entries(value) as [string, unknown][]) {
      yield* checkName(name);
      yield* checkValue(name, text);
    }
  },
};

function* checkName(name: string): Generator<Flaw> {
  if (name === '') yield { at: [name], message: 'must have a name, which is empty' };
  if (name.includes('=')) yield { at: [name], message: 'must have a name without "="' };
  if (/[\n\r]/.test(name)) yield { at: [name], message: 'must have a name without line breaks' };
  if (name.includes('\0')) yield { at: [name], message: 'must have a name without NUL' };
}

function* checkValue(name: string, text: unknown): Generator<Flaw> {
  if (typeof text === 'number' || typeof text === 'boolean') {
    yield { at: [name], message: `must be text, not a ${typeof text}: put it in quotes` };
  } else if (typeof text !== 'string') {
    yield { at: [name], message: `must be text, not ${kindOf(text)}` };
  } else if (text.includes('\0')) {
    yield { at: [name], message: 'must be text without NUL' };
  }
}
