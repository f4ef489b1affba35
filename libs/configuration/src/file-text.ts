import { readFileSync } from 'node:fs';

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
    return { problem: `${key}: ${path} can't be read (${codeOf(error)})` };
  }
}

function isContent(path: string): boolean {
  return /[\r\n\0]|-----BEGIN/.test(path) || path.length >= LONGEST_PATH;
}

function codeOf(error: unknown): string {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode ? String(error.code) : 'unknown reason';
}
