import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ApiLog } from '../api-log.js';
import { sendProblem } from './send-problem.js';
import { toProblem } from './to-problem.js';

/** Turns whatever a request failed with into a problem, and logs what is the server's own fault. */
@Injectable()
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: ApiLog) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toProblem(error);
    const { status, type } = problem.problem;
    if (status >= 500 && problem.cause !== undefined) {
      const { id, method, routeOptions } = reply.request;
      const fields = { request: id, method, route: routeOptions.url, type };
      if (status === 500) this.log.error('a request failed', fields, problem.cause);
      else this.log.warn('a request could not be served', fields, problem.cause);
    }
    sendProblem(reply, problem);
  }
}
