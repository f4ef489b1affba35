import { type ConfigurationFile, readConfigurationFile } from './configuration-file.js';
import { ConfigurationError } from './configuration-error.js';
import { allowedValues, environmentName, type Key, type KeyTable, secretFileName } from './key-table.js';
import { fromJson, fromText, type Value } from './read-value.js';
import { secretInFile } from './secret-file.js';
import { shownValue } from './shown-value.js';
import { suggestion } from './suggestion.js';

export interface Sources {
  /** The environment of the process when absent. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Path of the file; else the variable CONF_FILE names it, else it is `conf.json` in the working directory. */
  file?: string;
  /** Keys of other programs that share the file. */
  otherKeys?: readonly string[];
}

/**
 * Reads environment and file once into a typed object. The environment wins; a variable that is empty counts as
 * not set, and unknown variables are other people's. A secret may be in a file of its own, as orchestrators give it,
 * which the variable with `_FILE` behind its name names.
 * @throws {ConfigurationError} with every problem at once
 */
export function loadConfiguration<T extends object>(
  keys: KeyTable<T>,
  { environment = process.env, file, otherKeys = [] }: Sources = {},
): T {
  const table = Object.entries<Key>(keys as Readonly<Record<string, Key>>);
  const source = readConfigurationFile(file ?? (environment['CONF_FILE'] || undefined));
  const problems = unknownKeys(source, [...table.map(([name]) => name), ...otherKeys]);
  const values: Record<string, Found['value']> = {};
  for (const [name, key] of table) {
    const found = valueOf(name, key, environment, source);
    if (found.problem === undefined) values[name] = found.value;
    else problems.push(found.problem);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return values as T;
}

type Found = { value: Value | readonly string[]; problem?: never } | { value?: never; problem: string };

function valueOf(
  name: string,
  key: Key,
  environment: Readonly<Record<string, string | undefined>>,
  file: ConfigurationFile,
): Found {
  const variable = environmentName(name);
  const text = environment[variable];
  const inFile = file.values.get(name);
  if (inFile !== undefined && key.env_only) {
    return { problem: `${name} in ${file.name} must be set in the environment instead, as ${variable}` };
  }
  const secretFile = key.secret ? environment[secretFileName(name)] : undefined;
  if (secretFile && text)
    return { problem: `${variable} and ${secretFileName(name)} are both set; set one of them` };
  if (secretFile) return secretInFile(secretFileName(name), key, secretFile);
  if (text !== undefined && text !== '') {
    const value = fromText(key, text);
    return value === undefined ? wrong(`${variable}`, key, text) : { value };
  }
  const isMissing = inFile === undefined || (key.required === true && inFile === '');
  if (!isMissing) {
    const value = fromJson(key, inFile);
    return value === undefined ? wrong(`${name} in ${file.name}`, key, inFile) : { value };
  }
  if (key.default !== undefined) {
    return { value: structuredClone(key.default) as Value };
  }
  const place = key.env_only ? '' : ` or ${name} in ${file.name}`;
  return {
    problem: `${name} is missing: set ${variable}${place} to ${allowedValues(key)} (${key.description})`,
  };
}

function wrong(place: string, key: Key, value: unknown): Found {
  const shown = key.secret ? 'has a value that is not allowed; it' : `is ${shownValue(value)} but`;
  return { problem: `${place} ${shown} must be ${allowedValues(key)} (${key.description})` };
}

function unknownKeys(file: ConfigurationFile, known: readonly string[]): string[] {
  return [...file.values.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => `${shownValue(name)} in ${file.name} is not a known key${suggestion(name, known)}`);
}
