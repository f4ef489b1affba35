import { connect, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';
import { pipelined } from '../testing/pipelined.js';
import { registerDraining } from './draining.js';
import { PROBLEMS } from './problem-types.js';

/** Well below the limit of the draining, which would be waited for in vain. */
const SOON_MS = 4_000;

describe('closing', () => {
  let api: ApiUnderTest;
  let store: FaultyStore;
  beforeEach(async () => {
    api = await ApiUnderTest.start();
    store = new FaultyStore(api.store);
    await api.create('shop');
  });
  afterEach(async () => {
    store.heal();
    await api.stop();
  });

  it('lets a change that is under way end, and refuses what comes later', async () => {
    store.hang('replace');
    const change = api.call('PATCH', '/apps/shop', { json: { running: false } });
    await eventually(() => expect(store.waiting).toBe(1));
    const { url } = api;
    const closing = api.stop();
    await eventually(async () => {
      const answer = await api.call('GET', '/apps/shop');
      expectProblem(answer, PROBLEMS.shuttingDown);
      expect(answer.headers.get('connection')).toBe('close');
    });
    store.heal();
    expect(await change).toMatchObject({ status: 200, body: { running: false, revision: 2 } });
    await closing;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it("doesn't wait for connections that are open", async () => {
    const { port } = api;
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    const from = performance.now();
    await api.stop();
    await closed;
    expect(performance.now() - from).toBeLessThan(SOON_MS);
  });

  it("doesn't wait for a client that has left", async () => {
    store.hang('list');
    const leaving = new AbortController();
    const request = fetch(`${api.url}/api/v3/apps`, { signal: leaving.signal });
    await eventually(() => expect(store.waiting).toBe(1));
    leaving.abort();
    await expect(request).rejects.toThrow();
    const head = 'PUT /api/v3/apps/shop HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const socket = connect(api.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.write(`${head}Content-Length: 9\r\n\r\n{`, () => resolve()));
    socket.destroy();
    const from = performance.now();
    await api.stop();
    expect(performance.now() - from).toBeLessThan(SOON_MS);
  });

  it("doesn't wait for a client that has left with several requests on one connection", async () => {
    store.hang('list');
    const socket = await pipelined(api.port, '/api/v3/apps', 4);
    await eventually(() => expect(store.waiting).toBe(4));
    socket.destroy();
    const from = performance.now();
    await api.stop();
    expect(performance.now() - from).toBeLessThan(SOON_MS);
  });
});

describe('a request that never ends', () => {
  const server = fastify({ forceCloseConnections: true });
  afterEach(async () => await server.close());

  it('is cut after the limit', async () => {
    registerDraining(server, 50);
    server.get('/', () => new Promise<never>(() => {}));
    const address = await server.listen({ port: 0, host: '127.0.0.1' });
    const request = fetch(address).then(
      () => 'answered',
      () => 'cut',
    );
    await eventually(async () => expect(await connectionsOf(server.server)).toBe(1));
    await server.close();
    expect(await request).toBe('cut');
  });
});

async function connectionsOf(server: Server): Promise<number> {
  return await new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
