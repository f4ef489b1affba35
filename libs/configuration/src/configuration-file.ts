import { readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration-error.js';

/** A configuration file that was read; empty when there is none. */
export interface ConfigurationFile {
  /** As people know it. */
  name: string;
  values: ReadonlyMap<string, unknown>;
}

/** Looked for in the working directory when no other file is named. */
export const DEFAULT_FILE = 'conf.json';

/**
 * @param path of a file that must be there; the default file may be missing
 * @throws {ConfigurationError} when it can't be read. The text of the file, which may hold secrets, is not told.
 */
export function readConfigurationFile(path: string | undefined): ConfigurationFile {
  const name = path ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (path === undefined && code === 'ENOENT') return { name, values: new Map() };
    throw new ConfigurationError([`${name} can't be read (${code}): it must be a readable file`]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ConfigurationError([`${name} is not valid JSON${place(text, error)}`]);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigurationError([`${name} must hold one JSON object, like {"log_level": "info"}`]);
  }
  return { name, values: new Map(Object.entries(json)) };
}

function codeOf(error: unknown): string {
  const code = property(error, 'code');
  return typeof code === 'string' ? code : 'unknown error';
}

/** The parser's message quotes the text, so its position alone is taken. */
function place(text: string, error: unknown): string {
  const position = / at position (\d+)/.exec(String(property(error, 'message')))?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function property(error: unknown, name: 'code' | 'message'): unknown {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;
}
