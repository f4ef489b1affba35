import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { findEngine, pingEngine } from './find-engine.mjs';

const HOST = process.env['NEBULA_TEST_DOCKER_HOST'] ?? '';

describe('looking for an engine', () => {
  it('takes DOCKER_HOST when it is set, and nothing else then', async () => {
    expect(await findEngine({ dockerHost: HOST, socket: '/nowhere.sock' })).toEqual({
      found: true,
      host: HOST,
      version: expect.stringMatching(/^\d/),
    });
    const socket = HOST.replace('unix://', '');
    expect(await findEngine({ dockerHost: 'unix:///nowhere.sock', socket })).toEqual({
      found: false,
      host: 'unix:///nowhere.sock',
      reason: 'there is no such socket',
    });
  });

  it('else takes the usual socket', async () => {
    const socket = HOST.replace('unix://', '');
    expect(await findEngine({ dockerHost: '', socket })).toMatchObject({
      found: true,
      host: `unix://${socket}`,
    });
  });

  it('says why nothing was found', async () => {
    const server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await pingEngine(`tcp://127.0.0.1:${port}`)).toMatchObject({
      found: false,
      reason: 'what answers there is not a Docker Engine',
    });
    server.close();
    await once(server, 'close');
    expect(await pingEngine(`tcp://127.0.0.1:${port}`)).toMatchObject({ reason: 'nobody listens there' });
    expect(await pingEngine('127.0.0.1:2375')).toMatchObject({
      found: false,
      reason: expect.stringContaining('must be unix:///path or tcp://name:port'),
    });
  });
});
