import { checkTexts, type Rule } from '../parsing/rule.js';

export const command: Rule = {
  name: 'command',
  allowed: 'null for the command of the image, or a list of its arguments, like ["serve", "--port", "80"]',
  schema: {
    oneOf: [
      { type: 'null' },
      { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[^\\u0000]*$' } },
    ],
  },
  *check(value) {
    if (value === null) return;
    if (Array.isArray(value) && value.length === 0) {
      yield { message: 'must not be an empty list; null keeps the command of the image' };
    }
    yield* checkTexts(value, { list: this.allowed, item: 'text' }, function* (argument) {
      if (argument.includes('\0')) yield 'must be text without NUL';
    });
  },
};
