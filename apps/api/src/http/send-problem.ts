import type { FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE, type ProblemError } from './problem.js';

/** Answers a request with a problem, unless an answer is on its way already. */
export function sendProblem(reply: FastifyReply, problem: ProblemError): void {
  if (reply.sent || reply.raw.headersSent) return;
  void reply
    .code(problem.problem.status)
    .headers(problem.headers)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem.body(reply.request.id)));
}
