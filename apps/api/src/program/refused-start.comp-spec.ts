import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeCertificates } from '../../../../libs/messaging/src/testing/certificates.js';
import { SEARCHED_LINES } from '../../../../libs/messaging/src/testing/searched-log.js';
import { freePort } from '../../../../tools/services/free-port.mjs';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import { openAppStore } from '../store/open-app-store.js';
import { raiseSchema } from '../store/testing/newer-schema.js';
import { API_PROCESS_LIMIT_MS, startApiProcess } from '../testing/api-process.js';
import { eventually } from '../testing/eventually.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-refused-'));
  await writeFile(join(folder, 'conf.json'), '{}');
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const BROKER = { RABBIT_HOST: '127.0.0.1:1', RABBIT_USER: 'u', RABBIT_PASSWORD: secret('p4ss-w0rd') };

/** The api with nothing configured but this. */
const start = (configured: Record<string, string>) =>
  startApiProcess({ CONF_FILE: join(folder, 'conf.json'), ...configured });

/** The status of an answer by HTTPS. */
async function statusOf(port: number, path: string, ca: string): Promise<number | undefined> {
  const [response] = (await once(get({ host: '127.0.0.1', port, path, ca }), 'response')) as [
    IncomingMessage,
  ];
  response.resume();
  return response.statusCode;
}

it(
  'the api does not start where others reach it and nobody is asked for a login, and says so in a line',
  async () => {
    const started = start({ ...BROKER, SQLITE_FILE: 'x.db', API_HOST: '0.0.0.0' });
    const [exit, errors] = await Promise.all([once(started, 'exit'), text(started.stderr)]);
    expect((exit as unknown[])[0]).toBe(78);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(/^api_host is "0\.0\.0\.0", but no login is configured: .*auth_enabled/),
    ]);
  },
  API_PROCESS_LIMIT_MS,
);

it(
  'the api starts there when it shall let anyone in on purpose, warns of it, and speaks TLS with its certificate',
  async () => {
    const { ca, server } = await makeCertificates();
    const [TLS_CERT, TLS_KEY] = [join(folder, 'api.pem'), join(folder, 'api.key')];
    await Promise.all([writeFile(TLS_CERT, server.cert), writeFile(TLS_KEY, server.key)]);
    const port = await freePort();
    const started = start({
      ...{ ...BROKER, SQLITE_FILE: join(folder, 'x.db'), API_HOST: '0.0.0.0', API_PORT: String(port) },
      ...{ AUTH_ENABLED: 'false', TLS_CERT, TLS_KEY },
    });
    const ended = once(started, 'exit');
    const printed = text(started.stdout);
    try {
      await eventually(async () => {
        expect(started.exitCode).toBeNull();
        expect(await statusOf(port, '/healthz', ca)).toBe(200);
      }, API_PROCESS_LIMIT_MS);
      expect(await statusOf(port, '/api/v3/apps', ca)).toBe(200);
      await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
    } finally {
      started.kill('SIGTERM');
    }
    expect((await ended)[0]).toBe(0);
    const lines = (await printed).split('\n').filter((line) => line.includes('"level":"warn"'));
    expect(lines).toContainEqual(
      expect.stringContaining('anyone who reaches the api is let in: auth_enabled is false'),
    );
  },
  API_PROCESS_LIMIT_MS,
);

it(
  'the api does not start on a file of a newer version, and says so in a line',
  async () => {
    const SQLITE_FILE = join(folder, 'nebula.db');
    await (await openAppStore({ kind: 'sqlite', path: SQLITE_FILE }, SEARCHED_LINES)).close();
    await raiseSchema(SQLITE_FILE);
    const started = start({ ...BROKER, SQLITE_FILE });
    const [exit, errors] = await Promise.all([once(started, 'exit'), text(started.stderr)]);
    expect((exit as unknown[])[0]).toBe(78);
    expect(errors.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^sqlite_file: .*nebula\.db was written by a newer version of the program \(schema 99, this one knows up to \d+\)$/,
      ),
    ]);
  },
  API_PROCESS_LIMIT_MS,
);
