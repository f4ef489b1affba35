import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { whenAnswerIsOver } from './answer-over.js';

/** An `AbortSignal` that is aborted when the client has gone or has its answer: nobody waits any more. */
export const ClientGone: () => ParameterDecorator = createParamDecorator(
  (_data, context: ExecutionContext) => {
    const gone = new AbortController();
    whenAnswerIsOver(context.switchToHttp().getResponse<FastifyReply>(), () => gone.abort());
    return gone.signal;
  },
);
