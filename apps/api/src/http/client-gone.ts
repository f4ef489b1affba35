import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** An `AbortSignal` that is aborted when the client has gone or has its answer: nobody waits any more. */
export const ClientGone: () => ParameterDecorator = createParamDecorator(
  (_data, context: ExecutionContext) => {
    const gone = new AbortController();
    context
      .switchToHttp()
      .getResponse<FastifyReply>()
      .raw.once('close', () => gone.abort());
    return gone.signal;
  },
);
