import { allowedValues, environmentName, type Key, type KeyTable, secretFileName } from './key-table.js';

/** All keys for `--help`, two lines each: names, what is allowed and the default; then what it is for. */
export function describeKeys<T extends object>(keys: KeyTable<T>): string {
  const table = Object.entries<Key>(keys as Readonly<Record<string, Key>>);
  return table.map(([name, key]) => `  ${heading(name, key)}\n      ${key.description}\n`).join('');
}

function heading(name: string, key: Key): string {
  const variable = environmentName(name);
  const or = key.secret ? ` (or ${secretFileName(name)})` : '';
  const names = key.env_only ? `${variable}${or} (environment only)` : `${name}, ${variable}${or}`;
  return `${names}: ${allowedValues(key)}; ${presence(key)}`;
}

function presence(key: Key): string {
  if (key.default === undefined) return 'must be set';
  if (key.kind === 'object')
    return Object.keys(key.default).length === 0 ? 'not set by default' : 'has a default';
  const text = Array.isArray(key.default) ? key.default.join(',') : String(key.default);
  if (text === '') return 'not set by default';
  return key.secret ? 'has a default' : `default ${text}`;
}
