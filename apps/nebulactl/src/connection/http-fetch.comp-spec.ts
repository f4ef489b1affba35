import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, globalAgent } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { makeCertificates } from '../../../../libs/messaging/src/testing/certificates.js';
import { httpFetch } from './http-fetch.js';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const send = httpFetch(null);

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** Answers what it was asked. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url: path, headers } = request;
  response.setHeader('content-type', 'application/json').setHeader('x-two', ['a', 'b']);
  response.end(JSON.stringify({ method, path, headers, body: await text(request) }));
}

it('sends what it is given, and answers what comes', async () => {
  answer = (request, response) => void echo(request, response);
  const got = await send(`${url}/a?b=c`, { headers: { 'x-one': '1' } });
  expect([got.status, got.ok, got.headers.get('x-two')]).toEqual([200, true, 'a, b']);
  expect(await got.json()).toMatchObject({
    method: 'GET',
    path: '/a?b=c',
    headers: { 'x-one': '1' },
    body: '',
  });
  const posted = await (await send(new Request(url, { method: 'POST', body: 'ü' }))).json();
  expect(posted).toMatchObject({ method: 'POST', headers: { 'content-length': '2' }, body: 'ü' });
  const empty = await (await send(url, { method: 'POST' })).json();
  expect(empty).toMatchObject({ headers: { 'content-length': '0' }, body: '' });
});

it.each([
  [204, 'GET'],
  [304, 'GET'],
  [404, 'HEAD'],
])('answers %s to %s without a body', async (status, method) => {
  answer = (_request, response) => response.writeHead(status, { etag: '"7"' }).end();
  const got = await send(url, { method });
  expect([got.status, got.headers.get('etag'), await got.text()]).toEqual([status, '"7"', '']);
});

it('goes where it is sent on to, with what it has', async () => {
  answer = (request, response) => {
    if (request.url === '/there') void echo(request, response);
    else response.writeHead(307, { location: '/there' }).end('over there');
  };
  const got = await (await send(`${url}/here`, { headers: { 'x-one': '1' } })).json();
  expect(got).toMatchObject({ method: 'GET', path: '/there', headers: { 'x-one': '1' } });
});

it.each([301, 302, 303, 307, 308])('answers the redirect with %i itself where it changes', async (status) => {
  const asked: string[] = [];
  answer = (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status, { location: '/there' }).end('over there');
  };
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const got = await send(`${url}/here`, { method, ...(method === 'DELETE' ? {} : { body: 'x' }) });
    expect([got.status, got.headers.get('location'), await got.text()]).toEqual([
      ...[status, '/there', 'over there'],
    ]);
  }
  expect((await send(`${url}/here`, { redirect: 'manual' })).status).toBe(status);
  expect(asked).toEqual(['POST /here', 'PUT /here', 'PATCH /here', 'DELETE /here', 'GET /here']);
});

it('hands on each piece when it comes', async () => {
  let end = () => undefined as void;
  answer = (_request, response) => {
    response.write('one');
    end = () => void response.end('two');
  };
  const reader = (await send(url)).body?.getReader();
  const next = async () => new TextDecoder().decode((await reader?.read())?.value as Uint8Array | undefined);
  expect(await next()).toBe('one');
  end();
  expect(await next()).toBe('two');
  expect((await reader?.read())?.done).toBe(true);
});

it('fails when the connection is cut, refused, or wanted no more', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => response.destroy());
  };
  await expect((await send(url)).text()).rejects.toThrow();
  const wanted = new AbortController();
  answer = () => wanted.abort();
  await expect(send(url, { signal: wanted.signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
  answer = (request) => request.socket.destroy();
  await expect(send(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  await expect(send('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('is as Node has been told to be, also where it trusts certificates of a file', async () => {
  const { ca, server: own } = await makeCertificates();
  const folder = mkdtempSync(join(tmpdir(), 'nebulactl-trusting-'));
  const guarded = createTlsServer(own, ({ headers }, response) => void response.end(headers.connection));
  const { keepAlive } = globalAgent.options;
  try {
    const file = join(folder, 'ca.pem');
    writeFileSync(file, ca);
    guarded.listen(0, '127.0.0.1');
    await once(guarded, 'listening');
    const { port } = guarded.address() as AddressInfo;
    // Stands for all that an agent can be told, as the proxies of the environment, which older ones don't know.
    globalAgent.options.keepAlive = false;
    expect(await (await httpFetch(file)(`https://127.0.0.1:${port}`)).text()).toBe('close');
  } finally {
    globalAgent.options.keepAlive = keepAlive;
    guarded.closeAllConnections();
    guarded.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('a host that does not answer', () => {
  const LIMIT_MS = 500;
  const impatient = httpFetch(null, { connectLimitMs: LIMIT_MS });
  const ask = async (of: string) => await impatient(of, { signal: AbortSignal.timeout(4_000) });

  it('is given up after a while, when it lets nobody in', async () => {
    // Two wait to be let in, which is all that may; the next ones are not even told that it is there.
    const listening = new Worker(
      `const { parentPort } = require('node:worker_threads');
      const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
        parentPort.postMessage(server.address().port);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`,
      { eval: true },
    );
    const [port] = (await once(listening, 'message')) as [number];
    const waiting = [1, 2].map(() => connect(port, '127.0.0.1'));
    try {
      const connected = waiting.map(async (socket) => void (await once(socket, 'connect')));
      await Promise.all(connected);
      await expect(ask(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    } finally {
      for (const socket of waiting) socket.destroy();
      await listening.terminate();
    }
  });

  it('is given up after a while, when it says nothing of TLS', async () => {
    const silent = createTcpServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets: Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    try {
      const { port } = silent.address() as AddressInfo;
      await expect(ask(`https://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('is waited for once it is connected', async () => {
    answer = (_request, response) => void setTimeout(() => response.end('late'), 2 * LIMIT_MS);
    expect(await (await ask(url)).text()).toBe('late');
  });
});
