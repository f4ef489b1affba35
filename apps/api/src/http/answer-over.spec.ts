import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '../testing/eventually.js';
import { pipelined } from '../testing/pipelined.js';
import { whenAnswerIsOver } from './answer-over.js';

let server: FastifyInstance;
let port: number;
/** Paths of the requests that have come, and of those whose answers were told to be over. */
let come: string[];
let over: string[];

beforeEach(async () => {
  [come, over] = [[], []];
  server = fastify({ forceCloseConnections: true });
  server.addHook('onRequest', (request, reply, done) => {
    come.push(request.url);
    whenAnswerIsOver(reply, () => over.push(request.url));
    done();
  });
  server.get('/held', () => new Promise<never>(() => {}));
  server.get('/answered', () => 'here');
  server.get('/asked-late', (_request, reply) => {
    reply.raw.once('close', () => whenAnswerIsOver(reply, () => over.push('late')));
    return 'here';
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = server.server.address() as AddressInfo);
});

afterEach(async () => await server.close());

it('the end of a connection is that of each answer that was to come on it', async () => {
  const socket = await pipelined(port, '/held', 20);
  await eventually(() => expect(come).toHaveLength(20));
  expect(over).toEqual([]);
  socket.destroy();
  await eventually(() => expect(over).toHaveLength(20));
});

it('an answer that is out is over once, also when its connection ends later, on which nothing piles up', async () => {
  const connections: Socket[] = [];
  server.server.on('connection', (connection) => connections.push(connection));
  const socket = await pipelined(port, '/answered', 20);
  socket.resume();
  await eventually(() => expect(over).toHaveLength(20));
  const listeners = connections[0]?.listenerCount('close');
  socket.write('GET /answered HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20));
  await eventually(() => expect(over).toHaveLength(40));
  expect(connections[0]?.listenerCount('close')).toBe(listeners);
  const closed = once(socket, 'close');
  await server.close();
  await closed;
  expect(over).toHaveLength(40);
});

it('what asks when it is over is told, too', async () => {
  await fetch(`http://127.0.0.1:${port}/asked-late`);
  await eventually(() => expect(over).toEqual(['/asked-late', 'late']));
});
