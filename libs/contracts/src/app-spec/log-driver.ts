import { mapOf, objectOf } from '../parsing/collections.js';
import { orNull, ruleOf, text } from '../parsing/kind.js';
import type { Flaw } from '../parsing/rule.js';
import { isObject } from '../parsing/kind.js';
import { suggestion } from '../parsing/suggestion.js';

/** Docker's log driver with its options. */
export interface LogDriver {
  /** `json-file`, `journald`, `none` … */
  name: string;
  options?: Record<string, string>;
}

const FIELDS = ['env', 'env-regex', 'labels', 'labels-regex', 'tag'];
const BUFFER = ['mode', 'max-buffer-size'];

/** Options of the drivers that keep logs on the server; those of others are left to the engine. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'json-file': ['max-size', 'max-file', 'compress', ...FIELDS, ...BUFFER],
  local: ['max-size', 'max-file', 'compress', ...BUFFER],
};

const driver = objectOf(
  {
    name: text({
      allowed: 'the name of a log driver, like "json-file" or "journald"',
      pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.:/-]*$/,
      max: 255,
    }),
    options: mapOf(text({ allowed: 'text' }), {
      allowed: 'an object of text by name, like {"max-size": "10m"}',
      name: { schema: { minLength: 1 }, flaw: (name) => (name === '' ? 'must have a name' : null) },
    }),
  },
  {
    allowed: 'an object like {"name": "json-file", "options": {"max-size": "10m", "max-file": "3"}}',
    required: ['name'],
    together: unknownOptions,
    examples: [{ name: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } }],
  },
);

/** Options may be tokens of a log service, so no message has a value of them. */
export const logDriver = ruleOf('logDriver', orNull(driver, "the engine's"), { secret: true });

function* unknownOptions({ name, options }: Readonly<Record<string, unknown>>): Generator<Flaw> {
  const known = OPTIONS[String(name)];
  if (!known || !isObject(options)) return;
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const message = `is not one of ${known.join(', ')}${suggestion(option, known)}`;
    yield { at: ['options', option], message };
  }
}
