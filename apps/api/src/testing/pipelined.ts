import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Asks for a path so many times on one connection, each time behind the last without waiting for an answer (RFC 9112,
 * section 9.3.2). Answers the connection.
 */
export async function pipelined(port: number, path: string, times: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(times));
  return socket;
}
