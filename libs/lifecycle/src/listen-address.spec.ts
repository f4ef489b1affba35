import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { checkListenAddress } from './listen-address.js';

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});

afterEach(() => {
  server.close();
});

describe('checkListenAddress', () => {
  it('names port and key when the port is in use', async () => {
    await expect(checkListenAddress('127.0.0.1', port)).rejects.toMatchObject({
      problems: [`api_port: port ${port} on 127.0.0.1 is in use by another program; set another api_port`],
      exitCode: 78,
    });
  });

  it('names address and key when the address is of another machine', async () => {
    await expect(checkListenAddress('192.0.2.1', port)).rejects.toMatchObject({
      problems: [expect.stringMatching(/^api_host: 192\.0\.2\.1 is no address of this machine/)],
    });
  });

  it('leaves a free port free', async () => {
    server.close();
    await once(server, 'close');
    await checkListenAddress('127.0.0.1', port);
    await checkListenAddress('127.0.0.1', port);
  });
});
