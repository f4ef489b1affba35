import { afterEach, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createEncryptedServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeCertificates } from '../../libs/messaging/src/testing/certificates.js';

const PROGRAM = join(import.meta.dirname, 'healthcheck.mjs');

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening(server: Server, host = '127.0.0.1'): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return String((server.address() as AddressInfo).port);
}

const answering =
  (status: number): RequestListener =>
  ({ url }, response) =>
    void response.writeHead(url === '/healthz' ? status : 404).end();

/** Runs what the HEALTHCHECK of an image runs. */
async function check(
  program: 'API' | 'WORKER',
  env: Record<string, string>,
): Promise<{ code: number; said: string }> {
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, program], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, said: `${stdout}${stderr}`.trim() }),
    );
  });
}

it.each(['API', 'WORKER'] as const)('is well while the %s answers 200, and only then', async (program) => {
  const variable = `${program}_PORT`;
  const well = { [variable]: await listening(createServer(answering(200))) };
  expect(await check(program, well)).toEqual({ code: 0, said: '/healthz answers 200' });
  const ill = { [variable]: await listening(createServer(answering(503))) };
  expect(await check(program, ill)).toEqual({ code: 1, said: '/healthz answers 503' });
});

it('is not well where nothing listens', async () => {
  const port = await listening(createServer());
  await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
  const { code, said } = await check('API', { API_PORT: port });
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('ECONNREFUSED') });
});

it('is not well where a program hangs, and says so before its own time is over', async () => {
  const port = await listening(createServer(() => undefined));
  const answer = await check('WORKER', { WORKER_PORT: port });
  expect(answer).toEqual({ code: 1, said: '/healthz: nothing answers within 4 s' });
});

it('asks an api with a certificate by TLS, whoever it is from', async () => {
  const { expired } = await makeCertificates();
  const port = await listening(createEncryptedServer(expired, answering(200)));
  expect((await check('API', { API_PORT: port, TLS_CERT: '/tls.crt' })).code).toBe(0);
  expect((await check('API', { API_PORT: port })).code).toBe(1);
});

it.each([
  ['API', '127.0.0.2', '127.0.0.2'],
  ['WORKER', '127.0.0.2', '127.0.0.2'],
  ['API', '0.0.0.0', '127.0.0.1'],
  ['WORKER', '::', '127.0.0.1'],
  ['API', '', '127.0.0.1'],
] as const)('asks the %s that was told to listen at "%s" at %s', async (program, host, address) => {
  const port = await listening(createServer(answering(200)), address);
  const answer = await check(program, { [`${program}_PORT`]: port, [`${program}_HOST`]: host });
  expect(answer).toEqual({ code: 0, said: '/healthz answers 200' });
});

it('is well where the program was told to serve nothing', async () => {
  expect(await check('WORKER', { WORKER_PORT: '0' })).toMatchObject({ code: 0 });
});
