import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SearchedStream } from '../../../../tools/test/known-secrets.mjs';

const SOURCE = join(import.meta.dirname, '..');

/** Its sources are compiled as it starts, which takes a busy machine minutes. */
export const API_PROCESS_LIMIT_MS = 300_000;

/**
 * Starts the api from its sources, in a process of its own. All that it prints is searched for secrets.
 * @param configured all that it has of an environment, beside `PATH`
 */
export function startApiProcess(
  configured: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, Readable, Readable> {
  const register = join(SOURCE, 'testing', 'register-typescript.mjs');
  const program = ['--conditions=source', '--import', register, join(SOURCE, 'main.ts')];
  const { PATH = '' } = process.env;
  const started = spawn(process.execPath, program, {
    env: { PATH, ...configured },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout, started.stderr]) {
    const searched = new SearchedStream('what an api prints');
    stream.setEncoding('utf8').on('data', (part: string) => searched.add(part));
  }
  return started;
}
