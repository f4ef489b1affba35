import type { FastifyInstance } from 'fastify';
import type { RequestMetrics } from '../metrics/request-metrics.js';

/** Counts each request when it was answered. */
export function registerRequestMetrics(server: FastifyInstance, metrics: RequestMetrics): void {
  server.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const seconds = reply.elapsedTime / 1_000;
    metrics.answered({ method, route: routeOptions.url, status: reply.statusCode, seconds });
    done();
  });
}
