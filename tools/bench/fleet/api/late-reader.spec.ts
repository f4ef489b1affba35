import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { CleanUp } from '../../running/clean-up.mjs';
import { LateReader } from './late-reader.mjs';

const stopping = new AbortController().signal;

let cleanUp: CleanUp;
let server: Server;
/** What the server does with each request. */
let answer: (socket: Socket) => void;

beforeEach(async () => {
  cleanUp = new CleanUp();
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  expect(await cleanUp.run()).toEqual([]);
  if (server.listening) await ended();
});

async function ended(): Promise<void> {
  server.close();
  await once(server, 'close');
}

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function connected(): Promise<LateReader> {
  return await LateReader.connect({ cleanUp, stopping }, url());
}

async function answered(reader: LateReader, ...parts: string[]): Promise<unknown> {
  answer = (socket) => void sendEach(socket, parts);
  reader.send('PATCH', '/apps/shop', 'application/json', '{}');
  return await reader.answer();
}

async function sendEach(socket: Socket, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    if (part === 'cut') socket.destroy();
    else if (part === 'reset') socket.resetAndDestroy();
    else await new Promise((resolve) => socket.write(part, resolve));
  }
}

it('reads answers one after the other, in whatever parts they come', async () => {
  const reader = await connected();
  expect(await answered(reader, 'HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 5\r\n\r\nsch', 'ö')).toEqual({
    ...{ status: 200, body: 'schö' },
  });
  expect(await answered(reader, 'HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n')).toEqual({
    ...{ status: 409, body: '' },
  });
  expect(await answered(reader, 'HTTP/1.1 204 No Content\r\n\r\n')).toEqual({ status: 204, body: '' });
});

it.each<[string, string[], RegExp]>([
  [
    'in chunks',
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '2\r\n{}\r\n0\r\n\r\n'],
    /^the api has answered without a content-length.*: HTTP\/1\.1 200 OK/,
  ],
  [
    'until the connection ends',
    ['HTTP/1.1 200 OK\r\n\r\n', '{"half'],
    /^the api has answered without a content-length/,
  ],
  [
    'that is cut',
    ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}', 'cut'],
    /^the api at \S+ ended the connection without a whole answer$/,
  ],
  ['that does not come', ['cut'], /^the api at \S+ ended the connection without a whole answer$/],
  ['of which a reset is left', ['reset'], /^the connection to the api at \S+ failed: .*ECONNRESET/],
])('an answer %s is an error', async (_, parts, message) => {
  const reader = await connected();
  await expect(answered(reader, ...parts)).rejects.toThrow(message);
});

it('a connection that was lost while nobody waited is an error for who asks next', async () => {
  const reader = await connected();
  await expect(answered(reader, 'cut')).rejects.toThrow('ended the connection');
  reader.send('PATCH', '/apps/shop', 'application/json', '{}');
  await expect(reader.answer()).rejects.toThrow('ended the connection');
});

it('says that nobody listens', async () => {
  const address = url();
  await ended();
  await expect(LateReader.connect({ cleanUp, stopping }, address)).rejects.toThrow(
    /^the connection to the api at \S+ failed: .*ECONNREFUSED/,
  );
});

it('ends in order', async () => {
  const reader = await connected();
  await reader.close();
  await ended();
  expect(server.listening).toBe(false);
});
