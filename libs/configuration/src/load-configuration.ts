import { type ConfigurationFile, readConfigurationFile } from './configuration-file.js';
import { ConfigurationError } from './configuration-error.js';
import { textOfFile } from './file-text.js';
import { allowedValues, environmentName, type Key, type KeyTable, secretFileName } from './key-table.js';
import { fromJson, fromText, type Value } from './read-value.js';
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
 * which the variable with `_FILE` behind its name names; of a list, items are separated by ends of lines there, too.
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
  if (secretFile) return inSecretFile(name, key, secretFile, text);
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

function inSecretFile(name: string, key: Key, path: string, text: string | undefined): Found {
  const variable = secretFileName(name);
  if (text) return { problem: `${environmentName(name)} and ${variable} are both set; set one of them` };
  const file = textOfFile(variable, path);
  // What is no whole path may be the secret itself, by mistake.
  if ('problem' in file && path.startsWith('/')) return file;
  if ('problem' in file) return { problem: `${variable} must be the path of a file that can be read` };
  // Editors and shells put the end of the line there, and people don't see it.
  const secret = file.text.replace(/\r?\n$/, '');
  if (secret === '')
    return {
      problem: `${variable}: the file is empty but must hold ${allowedValues(key)} (${key.description})`,
    };
  // One to a line is how people keep several keys in a file.
  const value = fromText(key, key.kind === 'list' ? secret.replaceAll(/\r?\n/g, ',') : secret);
  return value === undefined ? wrong(variable, key, secret) : { value };
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
