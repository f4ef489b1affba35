import type { FastifyInstance } from 'fastify';
import { callerIfKnown } from '../access/caller.js';
import type { ApiLog } from '../api-log.js';

/** Writes down each request when it was answered, for who looks for one by the id of its answer. Neither bodies nor queries. */
export function registerRequestLog(server: FastifyInstance, log: ApiLog): void {
  server.addHook('onResponse', (request, reply, done) => {
    const { id, method, routeOptions, ip } = request;
    log.debug('a request was answered', {
      ...{ request: id, method, route: routeOptions.url, status: reply.statusCode },
      ...{ caller: callerIfKnown(request)?.name, address: ip, took_ms: Math.round(reply.elapsedTime) },
    });
    done();
  });
}
