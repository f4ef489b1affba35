import type { FastifyInstance, FastifyReply } from 'fastify';
import { ProblemError, RETRY_LATER } from './problem.js';
import { PROBLEMS } from './problem-types.js';
import { routeSetting, settingOf } from './route-setting.js';

const TAKES_TIME = 'nebula:takes-time';

/** Longer than any call of a store or a feed that ends at all, milliseconds. */
const DEFAULT_LIMIT_MS = 10_000;

/** A handler that waits for something to happen, and sees to its own limit. */
export const TakesTime = () => routeSetting(TAKES_TIME, true);

const TIMER = Symbol('timer');

interface Timed {
  [TIMER]?: NodeJS.Timeout;
}

/**
 * Answers for a handler that waits too long for a store or a feed that neither works nor fails. What it answers later is
 * dropped. The time runs from when the request has arrived in full. To be registered before the first route.
 *
 * @param limitMs longest time that a request may take, milliseconds
 */
export function registerTimeLimit(server: FastifyInstance, limitMs = DEFAULT_LIMIT_MS): void {
  server.decorateReply(TIMER);
  const begin = (_request: unknown, reply: FastifyReply & Timed, done: () => void) => {
    reply[TIMER] = setTimeout(answerLate, limitMs, reply, limitMs).unref();
    done();
  };
  server.addHook('onRoute', (route) => {
    if (settingOf(route.config, TAKES_TIME) !== true)
      route.preHandler = [begin, ...[route.preHandler ?? []].flat()];
  });
  server.addHook('onResponse', (_request, reply: FastifyReply & Timed, done) => {
    clearTimeout(reply[TIMER]);
    done();
  });
}

function answerLate(reply: FastifyReply, limitMs: number): void {
  if (!reply.sent && !reply.raw.headersSent) void reply.send(tooLate(limitMs));
}

function tooLate(limitMs: number): ProblemError {
  const seconds = limitMs / 1000;
  return new ProblemError(PROBLEMS.timedOut, {
    detail: `There was no answer within ${seconds} s. A change may have been made or not: look before you try again.`,
    headers: RETRY_LATER,
    cause: new Error(`a handler took longer than ${seconds} s`),
  });
}
