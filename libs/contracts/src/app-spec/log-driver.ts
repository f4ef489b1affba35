import { mapOf, objectOf } from '../parsing/collections.js';
import { isObject, orNull, ruleOf, text } from '../parsing/kind.js';
import type { Flaw } from '../parsing/rule.js';
import { suggestion } from '../parsing/suggestion.js';

/** Docker's log driver with its options. */
export interface LogDriver {
  /** `json-file`, `journald`, `none` … */
  name: string;
  options?: Record<string, string>;
}

const SIZE = { form: /^(?=.*[1-9])[0-9]+(\.[0-9]+)? ?([kmgtp]i?)?b?$/i, words: 'a size like "10m"' };
const COUNT = { form: /^[1-9][0-9]{0,8}$/, words: 'a whole number of at least 1, as text' };
const YES_OR_NO = { form: /^(true|false)$/, words: '"true" or "false"' };
const ANY = { form: /^/, words: 'text' };

const ROTATION = { 'max-size': SIZE, 'max-file': COUNT, compress: YES_OR_NO };
/** Of the copy that the engine keeps for `docker logs` where a driver can't be read; these two drivers ignore them. */
const CACHE = {
  'cache-disabled': YES_OR_NO,
  'cache-max-size': SIZE,
  'cache-max-file': COUNT,
  'cache-compress': YES_OR_NO,
};
const BUFFER = {
  mode: { form: /^(blocking|non-blocking)$/, words: '"blocking" or "non-blocking"' },
  'max-buffer-size': SIZE,
};

/** Options of the drivers that keep logs on the server; those of others are left to the engine. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, { form: RegExp; words: string }>>>> = {
  'json-file': {
    ...{ ...ROTATION, ...BUFFER, ...CACHE },
    ...{ env: ANY, 'env-regex': ANY, labels: ANY, 'labels-regex': ANY, tag: ANY },
  },
  local: { ...ROTATION, ...BUFFER, ...CACHE },
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
    together: optionFlaws,
    examples: [{ name: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } }],
  },
);

/** Drivers of Docker that rotate nothing, and so refuse what says how. Others are plugins, which the engine asks. */
const WITHOUT_ROTATION = 'awslogs etwlogs fluentd gcplogs gelf journald logentries splunk syslog'.split(' ');

/** Options may be tokens of a log service, so no message has a value of them. */
export const logDriver = ruleOf('logDriver', orNull(driver, "the engine's"), { secret: true });

function* optionFlaws({ name, options = {} }: Readonly<Record<string, unknown>>): Generator<Flaw> {
  if (!isObject(options)) return;
  const driverName = String(name);
  if (driverName === 'none' && Object.keys(options).length > 0) {
    yield { at: ['options'], message: 'must be absent or empty for "none", which keeps no log' };
  }
  if (WITHOUT_ROTATION.includes(driverName)) yield* rotationFlaws(driverName, options);
  const known = OPTIONS[driverName];
  if (!known) return;
  const names = Object.keys(known);
  let right = true;
  for (const [option, value] of Object.entries(options)) {
    const rule = known[option];
    if (rule?.form.test(String(value))) continue;
    right = false;
    const message = rule
      ? `must be ${rule.words}`
      : `is not one of ${names.join(', ')}${suggestion(option, names)}`;
    yield { at: ['options', option], message };
  }
  if (right) yield* optionsTogether(driverName, options);
}

/** They stay behind when a merge patch changes the name alone. */
function* rotationFlaws(name: string, options: Readonly<Record<string, unknown>>): Generator<Flaw> {
  for (const option of Object.keys(ROTATION)) {
    if (options[option] === undefined) continue;
    const message = `is an option of json-file and local, which ${name} doesn't know; null in a merge patch takes it away`;
    yield { at: ['options', option], message };
  }
}

/** What the two drivers refuse at the start of a container. Of themselves `local` compresses, `json-file` does not. */
function* optionsTogether(name: string, options: Readonly<Record<string, unknown>>): Generator<Flaw> {
  const { 'max-file': files, 'max-size': bytes, compress, mode } = options;
  if (options['max-buffer-size'] !== undefined && mode !== 'non-blocking') {
    const message = 'must stand beside "mode": "non-blocking", which alone has a buffer';
    yield { at: ['options', 'max-buffer-size'], message };
  }
  if (name === 'json-file' && compress === 'true' && (bytes === undefined || Number(files ?? 1) < 2)) {
    const message = 'must stand beside max-size and a max-file of at least 2: only full files are compressed';
    yield { at: ['options', 'compress'], message };
  }
  if (name === 'local' && compress !== 'false' && files === '1') {
    const message = 'must be at least 2, or stand beside "compress": "false": only full files are compressed';
    yield { at: ['options', 'max-file'], message };
  }
}
