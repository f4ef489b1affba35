import {
  ConfigurationError,
  FILE_KEYS,
  type KeyTable,
  loadConfiguration,
  shownValue,
  type Sources,
} from '@nebula/configuration';
import { StartError } from './start-error.js';

/**
 * Reads environment and conf.json once, and checks what the table of keys can't say. The file may hold the keys of
 * the other programs, too, which are not looked at.
 * @param check answers a line for each further problem
 * @throws {StartError} with a line for each value that is wrong
 */
export function configured<T extends object>(
  keys: KeyTable<T>,
  sources?: Sources,
  check: (configuration: T) => string[] = () => [],
): T {
  const configuration = loaded(keys, sources);
  const problems = check(configuration);
  if (problems.length > 0) throw new StartError(problems);
  return configuration;
}

function loaded<T extends object>(keys: KeyTable<T>, sources: Sources | undefined): T {
  return startingWith(() => loadConfiguration(keys, { otherKeys: FILE_KEYS, ...sources }));
}

/**
 * What `read` answers; what is wrong with the configuration ends the start.
 * @throws {StartError} in place of a `ConfigurationError`
 */
export function startingWith<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new StartError(error.problems, undefined, { cause: error });
  }
}

/** What is wrong with an address of a Docker Engine, a line or none. */
export function engineAddressProblems(key: string, host: string): string[] {
  if (/^unix:\/\/\/./.test(host) || /^tcp:\/\/[^/]/.test(host)) return [];
  return [`${key} is ${shownValue(host)} but must be unix:///path or tcp://name:port`];
}
