import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuseCrossSite } from './cross-site.js';
import { KnownRoutes } from './known-routes.js';
import { refuseMisdirected } from './misdirected.js';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/**
 * Whether a request is for this server. To be registered before the first route.
 * @param names more names under which it is asked over the loopback
 */
export function registerRequestChecks(server: FastifyInstance, names: readonly string[]): void {
  const known = names.map((name) => name.toLowerCase());
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      requireHost(request);
      refuseMisdirected(request, known);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

/** Answers what no handler takes, for a path or a method that is unknown. To be registered before the first route. */
export function registerUnrouted(server: FastifyInstance): void {
  const routes = new KnownRoutes();
  server.addHook('onRoute', ({ url, method }) => routes.add(url, method));
  server.addHook('onRequest', (request, reply, done) => {
    try {
      if (request.is404) answerUnrouted(request, reply, routes);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (!reply.sent) done();
  });
}

/**
 * Checks on every request that may come in, before its body is read.
 * @param origins whose pages may ask for changes
 */
export function registerContentChecks(server: FastifyInstance, origins: readonly string[]): void {
  server.addHook('onRequest', (request, _reply, done) => {
    try {
      refuseCrossSite(request, origins);
      checkBodyHeaders(request);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  });
}

/** RFC 9112, section 3.2. Without it nobody knows where the request was meant for. */
function requireHost({ headers, raw }: FastifyRequest): void {
  if (headers.host !== undefined || raw.httpVersion === '1.0') return;
  throw new ProblemError(PROBLEMS.malformedRequest, {
    detail: 'The header Host is missing.',
    headers: { connection: 'close' },
  });
}

function answerUnrouted(request: FastifyRequest, reply: FastifyReply, routes: KnownRoutes): void {
  const [path = ''] = request.url.split('?');
  const methods = routes.methodsOf(path);
  if (methods.length === 0) {
    throw new ProblemError(PROBLEMS.unknownPath, { detail: 'There is nothing at this path.' });
  }
  const allow = [...methods, 'OPTIONS'].join(', ');
  if (request.method === 'OPTIONS') {
    void reply.code(204).header('allow', allow).send();
    return;
  }
  throw new ProblemError(PROBLEMS.methodNotAllowed, {
    detail: `This path knows the methods ${allow}.`,
    headers: { allow },
  });
}

function checkBodyHeaders({ method, headers }: FastifyRequest): void {
  // A body of these is read by nobody, so nothing that is said of it matters.
  if (method === 'GET' || method === 'HEAD') return;
  // A body without bytes has no type that could be wrong.
  if (headers['content-length'] === '0') delete headers['content-type'];
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ProblemError(PROBLEMS.unsupportedMediaType, {
      detail: 'The body must not be compressed: leave the header Content-Encoding away.',
    });
  }
}
