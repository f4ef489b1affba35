import type { FastifyInstance, FastifyReply } from 'fastify';
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

export type AnswerHeaders = Readonly<Record<string, string>>;

/** Of every answer: has the id of its request, under which the log knows it. */
export const REQUEST_ID = 'x-request-id';

/**
 * What keeps browsers from doing harm with an answer. Who answers below the hooks of the server, as to what is no request,
 * gives them by itself, with the id.
 *
 * @param byTls whether the server is asked by TLS
 */
export function answerHeaders(byTls: boolean): AnswerHeaders {
  return {
    ...ALWAYS,
    'content-security-policy': OF_DATA,
    ...(byTls ? { 'strict-transport-security': BY_TLS_ALONE } : {}),
  };
}

/** Gives every answer these, and its id. To be registered before all else, so that refusals have them too. */
export function registerAnswerHeaders(server: FastifyInstance, always: AnswerHeaders): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(always).header(REQUEST_ID, request.id);
    done();
  });
  server.addHook('onRoute', (route) => {
    if (isPageOfDocumentation(route.url)) route.preHandler = [ofPage, ...[route.preHandler ?? []].flat()];
  });
}

function ofPage(_request: unknown, reply: FastifyReply, done: () => void): void {
  void reply.header('content-security-policy', OF_PAGE);
  done();
}
