import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Answer } from './answer.js';

/** Puts an `Answer` of a handler into the reply. */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((result: unknown): unknown => {
        const reply = context.switchToHttp().getResponse<FastifyReply>();
        // An app can change at any time; with an ETag asking again is cheap.
        void reply.header('cache-control', 'no-cache');
        if (!(result instanceof Answer)) return result;
        void reply.code(result.status).headers(result.headers);
        return result.body;
      }),
    );
  }
}
