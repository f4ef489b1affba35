import { afterEach, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { rawRequest } from '../testing/raw-request.js';
import { createFastifyAdapter } from './fastify-adapter.js';
import { PROBLEMS } from './problem-types.js';

const server: FastifyInstance = createFastifyAdapter({ arrival_ms: 100, look_ms: 20 }).getInstance();
afterEach(async () => await server.close());

it('a request that never arrives in full is answered with 408, and holds no connection for ever', async () => {
  server.post('/', () => 'arrived');
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const whole =
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a":';
  for (const beginning of ['P', whole.slice(0, 30), whole.slice(0, -5), whole]) {
    const text = await rawRequest(port, beginning);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain(PROBLEMS.requestTimeout.type);
    const [, id = 'none'] = /^x-request-id: (\S+)$/im.exec(text) ?? [];
    expect(text).toContain(`"instance":"urn:uuid:${id}"`);
    expect(text).toContain('x-content-type-options: nosniff');
  }
});
