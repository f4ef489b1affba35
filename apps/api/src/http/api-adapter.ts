import { Readable } from 'node:stream';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { Answer, JsonText } from './answer.js';
import { whenAnswerIsOver } from './answer-over.js';

/** As Fastify has it. */
const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * The HTTP server below Nest, which puts an `Answer` of a handler into the reply. It is done here, since an interceptor
 * would cost every request more than reading an app does.
 */
export class ApiAdapter extends FastifyAdapter {
  /** @param result of a handler; what comes after the time limit, or when the client has its answer, is dropped */
  override reply(reply: FastifyReply, result: unknown, status?: number): FastifyReply {
    const {
      body,
      headers = {},
      status: said = status,
    }: Partial<Answer> = result instanceof Answer ? (result as Answer) : { body: result };
    if (reply.sent || reply.raw.headersSent) {
      if (body instanceof Readable) body.destroy();
      return reply;
    }
    // An app can change at any time; with an ETag asking again is cheap.
    void reply.header('cache-control', 'no-cache').headers(withBothVary(reply, headers));
    if (body instanceof Readable) return super.reply(reply, sentTo(reply, body), said);
    if (!(body instanceof JsonText)) return super.reply(reply, body, said);
    void reply.header('content-type', JSON_TYPE);
    return super.reply(reply, body.text, said);
  }
}

/** Whatever is behind a stream ends with the answer, also where that is out before the stream is. */
function sentTo(reply: FastifyReply, body: Readable): Readable {
  if (reply.request.method === 'HEAD') {
    body.destroy();
    // Not nothing, which would be a body of no bytes by its headers.
    return Readable.from([]);
  }
  whenAnswerIsOver(reply, () => body.destroy());
  return body;
}

/** What an answer depends on comes to what all answers depend on already. */
function withBothVary(reply: FastifyReply, headers: Answer['headers']): Answer['headers'] {
  const { vary } = headers;
  const before = vary === undefined ? undefined : reply.getHeader('vary');
  return before === undefined ? headers : { ...headers, vary: `${String(before)}, ${vary}` };
}
