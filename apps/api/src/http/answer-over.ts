import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

/**
 * Who waits for the end of a connection. One listener serves them all, since a client may send any number of requests
 * on it.
 */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Tells once, never on the turn of the call, that an answer is out or that nobody can get it any more. A response alone
 * doesn't tell the latter: where it waits behind another one on its connection (HTTP pipelining), it isn't told when
 * that connection goes.
 */
export function whenAnswerIsOver({ raw, request }: FastifyReply, tell: () => void): void {
  const { socket } = request.raw;
  if (raw.closed || socket.destroyed) {
    queueMicrotask(tell);
    return;
  }
  const ofConnection = waitingFor(socket);
  const over = () => {
    if (ofConnection.delete(over)) tell();
  };
  ofConnection.add(over);
  raw.once('close', over);
}

function waitingFor(socket: Socket): Set<() => void> {
  const known = waiting.get(socket);
  if (known) return known;
  const made = new Set<() => void>();
  waiting.set(socket, made);
  socket.once('close', () => {
    for (const over of made) over();
  });
  return made;
}
