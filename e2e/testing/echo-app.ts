import { connect } from 'node:net';

/** Inside the container. */
const PORT = 7000;

/** Longest wait for the next words of the other side, milliseconds. */
const LIMIT_MS = 5_000;

/** It speaks first, in words that no HTTP has, and gives back what it hears. */
const PROGRAM = `
const { createServer } = require('node:net');
createServer((socket) => {
  // A check of HAProxy connects and is gone.
  socket.on('error', () => socket.destroy());
  socket.write('ready ');
  socket.pipe(socket);
}).listen(${PORT});
process.on('SIGTERM', () => process.exit(0));
`;

/**
 * An app that speaks something else than HTTP, as a user of the api writes it.
 * @param app `image`: one of those of the example app
 */
export function echoApp({ name, image, hostPort }: { name: string; image: string; hostPort: number }) {
  return {
    app_name: name,
    docker_image: image,
    command: ['/bin/node', '-e', PROGRAM],
    containers_per: { server: 1 },
    starting_ports: [{ [hostPort]: PORT }],
  };
}

/**
 * Says something on a new connection to a port of this machine.
 * @param length so many characters are awaited
 * @returns what the other side has said until then, or until it has ended
 * @throws {Error} when nobody is there, or says anything for a while
 */
export async function heardAt(port: number, said: string, length: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error('nothing was said')));
  socket.write(said);
  let heard = '';
  for await (const part of socket) {
    heard += String(part);
    if (heard.length >= length) break;
  }
  return heard;
}
