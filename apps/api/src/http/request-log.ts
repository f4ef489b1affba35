import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerIfKnown } from '../access/caller.js';
import type { ApiLog, LogFields } from '../api-log.js';
import type { NoteEarlyAnswer } from './client-errors.js';

/** Writes down each request when it was answered, for who looks for one by the id of its answer. Neither bodies nor queries. */
export function registerRequestLog(server: FastifyInstance, log: ApiLog): void {
  server.addHook('onResponse', (request, reply, done) => {
    if (log.isDebugged) log.debug('a request was answered', lineOf(request, reply));
    done();
  });
}

/** Writes down what was answered below the hooks of the server, under the id of the answer too. */
export function earlyAnswerLog(log: ApiLog): NoteEarlyAnswer {
  return (answer) => {
    if (log.isDebugged) log.debug('a request was answered', { ...answer });
  };
}

function lineOf(request: FastifyRequest, reply: FastifyReply): LogFields {
  const { id, method, routeOptions, ip } = request;
  return {
    ...{ request: id, method, route: routeOptions.url, status: reply.statusCode },
    ...{ caller: callerIfKnown(request)?.name, address: ip, took_ms: Math.round(reply.elapsedTime) },
  };
}
