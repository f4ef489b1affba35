import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { secret } from '../../../../tools/test/known-secrets.mjs';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-refused-'));
  await writeFile(join(folder, 'conf.json'), '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const SOURCE = join(import.meta.dirname, '..');

/** Its sources are compiled first, which takes a busy machine minutes. */
const LIMIT_MS = 300_000;

/** The api from its sources, with nothing configured but this. Answers how it ended, and what it printed as errors. */
async function run(configured: Record<string, string>): Promise<[unknown, string]> {
  const register = join(SOURCE, 'testing/register-typescript.mjs');
  const program = ['--conditions=source', '--import', register, join(SOURCE, 'main.ts')];
  const { PATH = '' } = process.env;
  const started = spawn(process.execPath, program, {
    env: { PATH, CONF_FILE: join(folder, 'conf.json'), ...configured },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [exit, errors] = await Promise.all([once(started, 'exit'), text(started.stderr)]);
  return [(exit as unknown[])[0], errors];
}

it(
  'the api does not start where others reach it and nobody is asked for a login, and says so in a line',
  async () => {
    const broker = { RABBIT_HOST: 'r', RABBIT_USER: 'u', RABBIT_PASSWORD: secret('p4ss-w0rd') };
    const [code, errors] = await run({ ...broker, SQLITE_FILE: 'x.db', API_HOST: '0.0.0.0' });
    expect(code).toBe(78);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(/^api_host is "0\.0\.0\.0", but no login is configured: .*auth_enabled/),
    ]);
  },
  LIMIT_MS,
);
