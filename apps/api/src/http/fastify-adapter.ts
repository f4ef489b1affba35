import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { answerHeaders, registerAnswerHeaders, REQUEST_ID } from './answer-headers.js';
import { ApiAdapter } from './api-adapter.js';
import { registerBodyParsers } from './body-parsers.js';
import { clientErrorAnswers, type NoteEarlyAnswer, refuseExpectations } from './client-errors.js';
import { registerCors } from './cors.js';
import { registerDraining } from './draining.js';
import type { HttpOptions } from './http-options.js';
import { sendProblem } from './send-problem.js';
import { toProblem } from './to-problem.js';

/** Longer than any request line that Node takes, so that no route refuses a part of a path by its length. */
const LONGEST_PATH_PART = 65_536;

/** Milliseconds. */
export interface RequestArrival {
  /** Longest time until a request has arrived in full: its body is 256 kB at most. */
  arrival_ms: number;
  /** Between two looks for requests that are late. */
  look_ms: number;
}

const DEFAULT_ARRIVAL: RequestArrival = { arrival_ms: 60_000, look_ms: 5_000 };

/**
 * The HTTP server below Nest. Every error that it finds by itself leaves as a problem too; the application must
 * be made with `bodyParser: false`. What is for this server is for `registerRequestChecks` to say, and who may come in for
 * `registerAccess`.
 *
 * @param note is told of answers that no hook sees
 */
export function createFastifyAdapter(
  { arrival_ms, look_ms } = DEFAULT_ARRIVAL,
  { cors_origins = [], trusted_proxies = [], tls }: HttpOptions = {},
  note: NoteEarlyAnswer = () => undefined,
): ApiAdapter {
  // Of two limits Node keeps the one of the headers alone when it is the longer one.
  const connections = {
    ...{ headersTimeout: arrival_ms, connectionsCheckingInterval: look_ms },
    // Node's own answer to a request without it is no problem document.
    requireHostHeader: false,
  };
  const always = answerHeaders(tls !== undefined);
  const adapter = new ApiAdapter({
    // Fastify's own default is no limit.
    requestTimeout: arrival_ms,
    ...(tls ? { https: { ...connections, cert: tls.cert, key: tls.key } } : { http: connections }),
    ...(trusted_proxies.length > 0 ? { trustProxy: [...trusted_proxies] } : {}),
    routerOptions: { maxParamLength: LONGEST_PATH_PART },
    genReqId: () => randomUUID(),
    // After the draining below; open event streams would hold up the end for ever.
    forceCloseConnections: true,
    // Fastify's own answer is no problem document.
    return503OnClosing: false,
    clientErrorHandler: clientErrorAnswers(always, note),
    // What no router can read meets no hook.
    frameworkErrors: (error: Error & { code?: string }, request: FastifyRequest, reply: FastifyReply) => {
      const problem = toProblem(error);
      sendProblem(reply.headers(always).header(REQUEST_ID, request.id), problem);
      const { status } = problem.problem;
      note({ request: request.id, status, address: request.socket.remoteAddress, reason: error.code });
    },
  });
  const server: FastifyInstance = adapter.getInstance();
  registerAnswerHeaders(server, always);
  registerDraining(server);
  registerCors(server, cors_origins);
  registerBodyParsers(server);
  refuseExpectations(server.server, always, note);
  return adapter;
}
