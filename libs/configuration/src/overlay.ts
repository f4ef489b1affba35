import { allowedValues, type Key, type KeyTable, secretFileKey } from './key-table.js';
import { fromJson, type Value } from './read-value.js';
import { secretInFile } from './secret-file.js';
import { shownValue } from './shown-value.js';
import { suggestion } from './suggestion.js';

/**
 * A configuration with some of its keys set to other values, as an object within the configuration gives them. A secret
 * may be in a file of its own, which the key with `_file` behind its name names.
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
  const readers = readersOf(table);
  const value: Record<string, unknown> = Object.fromEntries(Object.entries(base));
  const problems: string[] = [];
  for (const [name, json] of Object.entries(given)) {
    const reader = readers.get(name);
    if (!reader) {
      problems.push(`${place} has no key ${shownValue(name)}${suggestion(name, [...readers.keys()])}`);
      continue;
    }
    const isTwice = reader.key !== name && Object.hasOwn(given, reader.key);
    const read: Read = isTwice
      ? { problem: `${place}.${reader.key} and ${place}.${name} are both set; set one of them` }
      : reader.read(`${place}.${name}`, json);
    if (read.problem === undefined) value[reader.key] = read.value;
    else problems.push(read.problem);
  }
  return { value: value as T, problems };
}

type Read = { value: Value; problem?: never } | { value?: never; problem: string };

interface Reader {
  /** The key that is set. */
  key: string;
  read(place: string, json: unknown): Read;
}

/** By each name that may be given, what it sets and how. */
function readersOf(table: Readonly<Record<string, Key>>): Map<string, Reader> {
  const readers = new Map<string, Reader>();
  for (const [name, key] of Object.entries(table)) {
    readers.set(name, { key: name, read: (place, json) => valueIn(place, key, json) });
    if (key.secret)
      readers.set(secretFileKey(name), {
        key: name,
        read: (place, json) => secretInFile(place, key, json),
      });
  }
  return readers;
}

function valueIn(place: string, key: Key, json: unknown): Read {
  const value = fromJson(key, json);
  return value === undefined
    ? { problem: `${place} must be ${allowedValues(key)} (${key.description})` }
    : { value };
}
