import { connect } from 'node:net';
import { searchForSecrets } from '../../../../tools/test/known-secrets.mjs';

/**
 * Sends bytes over a connection of their own, for what no HTTP client would send. Answers all that came back
 * until the server ended the connection.
 */
export async function rawRequest(port: number, bytes: string | Buffer, limitMs = 4_000): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setTimeout(limitMs, () => {
      socket.destroy();
      reject(new Error(`the connection was still open after ${limitMs} ms; received: ${received}`));
    });
    socket.on('data', (chunk) => (received += chunk.toString()));
    // Writing to a connection that the server has ended fails; what it said before counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      searchForSecrets(received, 'what came back over a connection');
      resolve(received);
    });
    socket.write(bytes);
  });
}
