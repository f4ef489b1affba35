import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from './http-load.mjs';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell';

let server: Server | null = null;

/** A server that does this with each connection on which a request has come. */
async function listening(onRequest: (socket: Socket, request: number) => void): Promise<string> {
  const made = createServer((socket) => {
    let requests = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => onRequest(socket, (requests += 1)));
  });
  return await urlOf(made);
}

async function urlOf(made: Server): Promise<string> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
}

/** Resolves when so much has been counted, or a little later when it never is. */
async function counted(enough: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !enough(); tries += 1) await sleep(10);
}

afterEach(async () => {
  const closed = new Promise((resolve) => server?.close(resolve));
  await closed;
});

describe('a load', () => {
  it.each<[string, (socket: Socket) => unknown, string]>([
    ['reads a request and closes in order', (socket) => socket.end(), 'closed without an answer'],
    ['reads a request and breaks off', (socket) => socket.resetAndDestroy(), 'closed without an answer'],
    [
      'sends half a head and closes in order',
      (socket) => socket.end(ANSWER.slice(0, 20)),
      'closed without an answer',
    ],
    [
      'sends half an answer and closes in order',
      (socket) => socket.end(ANSWER.slice(0, -2)),
      'closed in the middle of an answer',
    ],
    ['sends another status', (socket) => socket.write(ANSWER.replace('200', '503')), 'status 503'],
    ['says nothing', () => undefined, 'timed out'],
  ])('counts what a server fails that %s', async (_what, answer, kind) => {
    let requests = 0;
    const url = await listening((socket) => {
      requests += 1;
      answer(socket);
    });
    // A busy machine may take its time to tell of the end of a connection.
    const limitMs = kind === 'timed out' ? 200 : 10_000;
    const load = startLoad(url, { connections: 2, rate: 100, limitMs });
    await counted(() => requests >= 6);
    const { answered, failed, failures } = await load.end();
    expect({ answered, failures }).toEqual({ answered: 0, failures: { [kind]: requests } });
    expect(failed).toBe(requests);
    expect(requests).toBeGreaterThanOrEqual(6);
  });

  it('counts every request once, as answered or as failed, when a server closes now and then', async () => {
    let requests = 0;
    let unanswered = 0;
    const url = await listening((socket, before) => {
      requests += 1;
      if (before % 3 === 0) {
        unanswered += 1;
        socket.end();
      } else socket.write(ANSWER);
    });
    const load = startLoad(url, { connections: 3, rate: 600 });
    await counted(() => load.answered() >= 60);
    const { answered, failed, failures } = await load.end();
    expect(answered + failed).toBe(requests);
    expect(failures).toEqual({ 'closed without an answer': unanswered });
    expect(unanswered).toBeGreaterThanOrEqual(20);
  });

  it('fails nothing with a server that says with each answer that it closes the connection', async () => {
    const made = createHttpServer((_request, response) => {
      response.setHeader('connection', 'close');
      response.end('well');
    });
    const load = startLoad(await urlOf(made), { connections: 3, rate: 600 });
    await counted(() => load.answered() >= 60);
    const { answered, failed, failures, p50, p99 } = await load.end();
    expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
    expect(answered).toBeGreaterThanOrEqual(60);
    expect(p99).toBeGreaterThanOrEqual(p50);
  });

  it('waits at its end for an answer that is under way', async () => {
    let answer: (socket: Socket) => void = () => undefined;
    const asked = new Promise<Socket>((resolve) => {
      answer = resolve;
    });
    const load = startLoad(await listening((socket) => answer(socket)), { connections: 1, rate: 1_000 });
    const socket = await asked;
    const ended = load.end();
    socket.end(ANSWER);
    expect(await ended).toMatchObject({ answered: 1, failed: 0 });
  });
});
