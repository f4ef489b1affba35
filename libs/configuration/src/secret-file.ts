import { textOfFile } from './file-text.js';
import { allowedValues, type Key } from './key-table.js';
import { fromText, type Value } from './read-value.js';

/**
 * The value of a secret key out of a file of its own, as orchestrators give it; items of a list may be separated by ends
 * of lines there, too.
 *
 * @param place where the file is named, for people
 * @param path what stands there
 * @returns the value, or a line that says what is wrong, without any of the secret
 */
export function secretInFile(
  place: string,
  key: Key,
  path: unknown,
): { value: Value; problem?: never } | { value?: never; problem: string } {
  const noPath = { problem: `${place} must be the path of a file that can be read` };
  if (typeof path !== 'string') return noPath;
  const file = textOfFile(place, path);
  // What is no whole path may be the secret itself, by mistake.
  if ('problem' in file) return path.startsWith('/') ? file : noPath;
  // Editors and shells put the end of the line there, and people don't see it.
  const secret = file.text.replace(/\r?\n$/, '');
  const allowed = `${allowedValues(key)} (${key.description})`;
  if (secret === '') return { problem: `${place}: the file is empty but must hold ${allowed}` };
  // One to a line is how people keep several keys in a file.
  const value = fromText(key, key.kind === 'list' ? secret.replaceAll(/\r?\n/g, ',') : secret);
  return value === undefined
    ? { problem: `${place} has a value that is not allowed; it must be ${allowed}` }
    : { value };
}
