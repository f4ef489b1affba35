/**
 * Ports for services of tests and benchmarks.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * @param {number} count
 * @returns {Promise<number[]>} different ports of 127.0.0.1 on which nothing listens at the moment
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new Error('the server has no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
