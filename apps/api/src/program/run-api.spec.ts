import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StopSignals } from '@nebula/lifecycle';
import { freePort } from '../../../../tools/services/free-port.mjs';
import { loadApiConfiguration } from './configuration.js';
import { runApi } from './run-api.js';

const BROKER = { RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'nebula-api', RABBIT_PASSWORD: 'hunter2' };

let folder: string;
let file: string;
let port: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-api-'));
  file = join(folder, 'conf.json');
  await writeFile(file, '{}');
  port = await freePort();
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the start of the api ends with one line', () => {
  it.each([
    ['an option of MongoDB that is none', 'mongodb://u:hunter3@127.0.0.1:1/?foo=bar'],
    ['options that exclude each other', 'mongodb+srv://u:hunter3@db.example/?directConnection=true'],
    ['a password that is not encoded', 'mongodb://u:hunter3/x@127.0.0.1:1/'],
    ['a port of MongoDB that is none', 'mongodb://u:hunter3@127.0.0.1:99999/'],
  ])('on %s', async (_what, MONGO_URL) => {
    const error = await failedStart({ MONGO_URL });
    expect(error).toMatchObject({
      name: 'StartError',
      exitCode: 78,
      problems: [expect.stringMatching(/^mongo_url: the URL of the database must be mongodb:/)],
    });
    expect(String(error)).not.toContain('hunter');
  });

  it.each(['/dev/null/x.db', '/proc/nope/x.db'])('on the SQLite file %s', async (path) => {
    expect(await failedStart({ SQLITE_FILE: path })).toMatchObject({
      name: 'StartError',
      exitCode: 78,
      problems: [expect.stringMatching(new RegExp(`^sqlite_file: ${path} can't be made or opened`))],
    });
  });
});

async function failedStart(environment: Record<string, string>): Promise<unknown> {
  const configuration = loadApiConfiguration({
    environment: { ...BROKER, API_PORT: String(port), LOG_LEVEL: 'fatal', ...environment },
    file,
  });
  const signals = new StopSignals(new EventEmitter(), () => undefined);
  return await runApi(configuration, signals).catch((error: unknown) => error);
}
