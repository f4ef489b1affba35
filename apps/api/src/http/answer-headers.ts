import type { FastifyInstance } from 'fastify';
import { isPageOfDocumentation } from './documentation-paths.js';

/** Answers are data for programs: no browser shall take them for anything else (OWASP REST Security). */
const OF_DATA = "default-src 'none'; frame-ancestors 'none'";

/** Swagger UI has its styles in the page and small pictures in its styles; everything is from here. */
const OF_PAGE = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** A year: browsers ask by TLS alone from then on. */
const BY_TLS_ALONE = 'max-age=31536000';

const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Gives every answer the id of its request, under which the log knows it, and what keeps browsers from doing harm with it.
 * To be registered before all else, so that refusals have them too.
 */
export function registerAnswerHeaders(server: FastifyInstance, { byTls }: { byTls: boolean }): void {
  const always = byTls ? { ...ALWAYS, 'strict-transport-security': BY_TLS_ALONE } : ALWAYS;
  server.addHook('onRequest', (request, reply, done) => {
    const policy = isPageOfDocumentation(request.routeOptions.url ?? '') ? OF_PAGE : OF_DATA;
    void reply.headers(always).header('content-security-policy', policy).header('x-request-id', request.id);
    done();
  });
}
