import type { FastifyInstance } from 'fastify';
import { whenAnswerIsOver } from './answer-over.js';
import { ProblemError, RETRY_LATER } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/** Longest wait for the answers to requests that are under way when the server closes, milliseconds. */
const DRAIN_LIMIT_MS = 5_000;

/**
 * Lets requests that are under way end before the connections are cut, and refuses new ones meanwhile. A
 * connection that stays open for ever (an event stream) holds up the end no longer than the limit.
 */
export function registerDraining(server: FastifyInstance, limitMs = DRAIN_LIMIT_MS): void {
  let underWay = 0;
  let closing = false;
  let drained: () => void = () => undefined;

  const ended = () => {
    underWay -= 1;
    if (closing && underWay === 0) drained();
  };

  server.addHook('onRequest', (_request, reply, done) => {
    underWay += 1;
    // Also when the client has left, which Fastify's own hook for the end of an answer doesn't tell.
    whenAnswerIsOver(reply, ended);
    if (!closing) {
      done();
      return;
    }
    void reply.header('connection', 'close');
    const detail = 'The api is being stopped; another one, or this one after its start, will answer.';
    done(new ProblemError(PROBLEMS.shuttingDown, { detail, headers: RETRY_LATER }));
  });
  server.addHook('preClose', async () => {
    closing = true;
    if (underWay === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      drained = resolve;
      timer = setTimeout(resolve, limitMs);
    });
    clearTimeout(timer);
  });
}
