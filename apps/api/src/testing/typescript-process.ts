import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/**
 * Starts a file of the sources as a process of its own, to be killed. Its output can be read, its errors go to
 * the test's.
 */
export function startTypescript(
  file: string,
  args: readonly string[],
): ChildProcessByStdio<null, Readable, null> {
  const register = join(import.meta.dirname, 'register-typescript.mjs');
  const options = ['--conditions=source', '--import', register];
  return spawn(process.execPath, [...options, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}
