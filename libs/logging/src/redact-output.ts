import { stripVTControlCharacters } from 'node:util';
import { REDACTED, redactText } from './redact.js';

/** Shorter values are found everywhere in a text, and are no secrets. */
const SHORTEST_SECRET = 4;

/**
 * `name=value`, `name: value` and `"name": "value"` in what programs print. Only the end of the name is looked for, so
 * that a long word takes no longer than its length.
 */
const ASSIGNED =
  /((?:passw(?:or)?d|passphrase|secret|credential|api[-_]?key|private[-_]?key|token)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s,;&]+)/gi;

/**
 * What a program or an engine has printed, without the given values (those of four characters or more) and without
 * what looks like a credential. It knows a value as a whole and line by line, with the line ends of a file and of a
 * terminal, and inside a quoted text. A text whose beginning was cut off may begin with a part of a value that nobody
 * knows: cut it after this.
 */
export function redactOutput(text: string, secrets: readonly string[]): string {
  // The longest first, since one may be a part of another.
  const values = [...new Set(secrets.flatMap(formsOf))]
    .filter((value) => value.trim().length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
  const without = values.reduce(
    (left, value) => left.replaceAll(value, REDACTED),
    stripVTControlCharacters(text),
  );
  return redactText(without).replace(ASSIGNED, `$1${REDACTED}`);
}

function formsOf(value: string): string[] {
  const printed = stripVTControlCharacters(value);
  const lines = printed.split(/\r?\n/);
  return [printed, lines.join('\n'), lines.join('\r\n'), ...lines].flatMap((form) => [form, quoted(form)]);
}

/** As JSON, and Go's `%q`, have it between quotes. */
function quoted(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
