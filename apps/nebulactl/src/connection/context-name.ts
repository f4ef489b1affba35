import { CommandError } from '../usage-error.js';

/** Characters. */
const LONGEST_NAME = 63;

/** What a context may be called: it is typed in shells. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/;

/**
 * @param hint what to do with another one, in words
 * @throws {CommandError} when a context can't be called so
 */
export function checkContextName(name: string, hint?: string): string {
  if (NAME.test(name)) return name;
  const how = hint === undefined ? '' : `: ${hint}`;
  throw new CommandError(
    `a context must be called by 1 to 63 letters, digits, "_", "." and "-", not ${JSON.stringify(name)}${how}`,
  );
}

/** A name for the context of an address, of its host and path; null when they have nothing that may be in one. */
export function nameOfAddress(url: string): string | null {
  const { host, pathname } = new URL(url);
  const name = `${host}${pathname}`
    .replace(/[^a-zA-Z0-9_.-]+/g, '-')
    .replace(/^[^a-zA-Z0-9]+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/[^a-zA-Z0-9]+$/, '');
  return name === '' ? null : name;
}

/** Whether both are the same api, however they are written. */
export function isSameAddress(one: string, other: string): boolean {
  return written(one) === written(other);
}

function written(url: string): string {
  try {
    return new URL(url).href.replace(/\/+$/, '');
  } catch {
    return url;
  }
}
