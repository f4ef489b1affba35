import type { FastifyInstance } from 'fastify';

/**
 * Has every connection closed behind its next answer while the program is about to end, so that none is left on which
 * a request could be on its way when it does.
 */
export function registerLastAnswers(server: FastifyInstance, isLeaving: () => boolean): void {
  server.addHook('onRequest', (_request, reply, done) => {
    if (isLeaving()) void reply.header('connection', 'close');
    done();
  });
}
