import { readFileSync } from 'node:fs';
import { withoutCredentials } from './shown-value.js';

/** Longer than any path of Linux (`PATH_MAX`), characters. */
const LONGEST_PATH = 4_096;

/**
 * The text of a file that the configuration names, or what is wrong with the name. People give a key itself in place of
 * the name of its file, so what can't be a name is not shown; nor are the system's own messages, which repeat it.
 */
export function textOfFile(key: string, path: string): { text: string } | { problem: string } {
  if (isContent(path)) return { problem: `${key}: it must be the name of a file, not its content` };
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const shown = path.includes('://') ? withoutCredentials(path) : path;
    return { problem: `${key}: ${shown} can't be read (${codeOf(error)})` };
  }
}

function isContent(path: string): boolean {
  return /[\r\n\0]|-----BEGIN/.test(path) || path.length >= LONGEST_PATH;
}

function codeOf(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode ? String(error.code) : 'unknown reason';
}
