import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect, it } from '@jest/globals';
import { TerseAgent } from './terse-agent.js';

it('an agent with a socket shows nothing of it, as it is shown for every request', async () => {
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new TerseAgent({ keepAlive: true });
  const request = get({ agent, host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  await once(request, 'response');
  expect(inspect({ agent }, { showHidden: true, depth: null })).toBe('{ agent: Agent }');
  agent.destroy();
  server.closeAllConnections();
  server.close();
});
