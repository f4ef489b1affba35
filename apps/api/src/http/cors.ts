import type { FastifyInstance } from 'fastify';

/** What a page may send, and read of an answer, beside what every page may (Fetch standard). */
const SENT = 'authorization, content-type, if-match, if-none-match, last-event-id';
const READ = 'etag, location, retry-after, www-authenticate, x-request-id';
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const KEPT_SECONDS = 600;

/**
 * Lets pages of these origins use the api from a browser. Their credentials are those that the page sends by itself: a
 * browser adds none that it has kept for the api.
 *
 * Written out, since a plugin for it answers `OPTIONS` of every path there is and isn't, which here says what methods a path knows.
 */
export function registerCors(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    void reply.header('vary', 'origin');
    if (origin === undefined || !origins.includes(origin)) {
      done();
      return;
    }
    void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': READ });
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) {
      done();
      return;
    }
    void reply
      .code(204)
      .headers({
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': SENT,
        'access-control-max-age': KEPT_SECONDS,
      })
      .send();
  });
}
