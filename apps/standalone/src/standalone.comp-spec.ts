import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { makeCertificates } from '../../../libs/messaging/src/testing/certificates.js';
import { SEARCHED_LOG } from '../../../libs/messaging/src/testing/searched-log.js';
import { freePort } from '../../../tools/services/free-port.mjs';
import { raiseSchema } from '../../api/src/store/testing/newer-schema.js';
import { loadStandaloneConfiguration } from './configuration.js';
import { reserve } from './reservation.js';
import { type Standalone, startStandalone } from './standalone.js';

let folder: string;
let standalone: Standalone | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-standalone-'));
  await writeFile(join(folder, 'conf.json'), '{}');
});
afterEach(async () => {
  await standalone?.stop();
  standalone = null;
  await rm(folder, { recursive: true, force: true });
});

/** Without a Docker Engine, which keeps the api from nothing. */
async function start(given: Record<string, string>): Promise<Standalone> {
  const environment = {
    ...{ STATE_DIR: join(folder, 'state'), API_PORT: String(await freePort()) },
    ...{ DOCKER_HOST: `unix://${folder}/none.sock`, ...given },
  };
  const configuration = loadStandaloneConfiguration({ environment, file: join(folder, 'conf.json') });
  standalone = await startStandalone(configuration, await reserve(configuration), SEARCHED_LOG);
  return standalone;
}

describe('api and worker in one process', () => {
  it('ask the others for a login when there is one, and need none themselves', async () => {
    const { url, ask } = await start({ BASIC_AUTH_USER: 'admin', BASIC_AUTH_PASSWORD: 'hunter2' });
    expect((await fetch(`${url}/api/v3/apps`)).status).toBe(401);
    const authorization = `Basic ${Buffer.from('admin:hunter2').toString('base64')}`;
    expect((await fetch(`${url}/api/v3/apps`, { headers: { authorization } })).status).toBe(200);
    const made = await ask('/api/v3/apps', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ app_name: 'hello', docker_image: 'hello:1', running: false }),
    });
    expect([made.status, await made.json()]).toEqual([201, expect.objectContaining({ app_name: 'hello' })]);
    expect((await ask('/api/v3/apps/none')).status).toBe(404);
  });

  it('speak TLS with the certificate of the configuration, and need none themselves', async () => {
    const { ca, server } = await makeCertificates();
    const [TLS_CERT, TLS_KEY] = [join(folder, 'api.pem'), join(folder, 'api.key')];
    await Promise.all([writeFile(TLS_CERT, server.cert), writeFile(TLS_KEY, server.key)]);
    const { url, ask } = await start({ TLS_CERT, TLS_KEY });
    const [answer] = (await once(get(`${url}/healthz`, { ca }), 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(200);
    expect((await ask('/api/v3/apps')).status).toBe(200);
  });

  it('do not start on the database of a newer version, and say so in a line', async () => {
    await (await start({})).stop();
    standalone = null;
    await raiseSchema(join(folder, 'state', 'nebula.db'));
    await expect(start({})).rejects.toMatchObject({
      problems: [
        expect.stringMatching(
          /^state_dir: .*nebula\.db was written by a newer version of the program \(schema 99, this one knows up to \d+\)$/,
        ),
      ],
      exitCode: 78,
    });
  });

  it('ask nobody for a login when there is none', async () => {
    const { url, ask } = await start({});
    expect((await fetch(`${url}/api/v3/apps`)).status).toBe(200);
    expect((await ask('/api/v3/apps')).status).toBe(200);
  });
});
