import { allowedValues, type Key, type KeyTable } from './key-table.js';
import { fromJson } from './read-value.js';
import { shownValue } from './shown-value.js';
import { suggestion } from './suggestion.js';

/**
 * A configuration with some of its keys set to other values, as an object within the configuration gives them.
 *
 * @param place where the object is, for people
 * @returns the whole, and a line for each key that is unknown and each value that is not allowed. Values of secret keys
 *   are never shown.
 */
export function overlay<T extends object>(
  keys: KeyTable<T>,
  base: T,
  given: Readonly<Record<string, unknown>>,
  place: string,
): { value: T; problems: string[] } {
  const table = keys as Readonly<Record<string, Key>>;
  const names = Object.keys(table);
  const value: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  const problems: string[] = [];
  for (const [name, json] of Object.entries(given)) {
    const key = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!key) {
      problems.push(`${place} has no key ${shownValue(name)}${suggestion(name, names)}`);
      continue;
    }
    const read = fromJson(key, json);
    if (read === undefined)
      problems.push(`${place}.${name} must be ${allowedValues(key)} (${key.description})`);
    else value[name] = read;
  }
  return { value: value as T, problems };
}
