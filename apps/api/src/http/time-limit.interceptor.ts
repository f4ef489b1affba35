import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Observable, throwError, timeout } from 'rxjs';
import { ProblemError, RETRY_LATER } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/** Token of the longest time that a request may take, milliseconds. */
export const REQUEST_LIMIT_MS = Symbol('RequestLimitMs');

/** Answers for a handler that waits too long for a store or a feed that neither works nor fails. */
@Injectable()
export class TimeLimitInterceptor implements NestInterceptor {
  constructor(@Inject(REQUEST_LIMIT_MS) private readonly limitMs: number) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const late = () => throwError(() => this.problem());
    return next.handle().pipe(timeout({ first: this.limitMs, with: late }));
  }

  private problem(): ProblemError {
    const seconds = this.limitMs / 1000;
    return new ProblemError(PROBLEMS.timedOut, {
      detail: `There was no answer within ${seconds} s. A change may have been made or not: look before you try again.`,
      headers: RETRY_LATER,
      cause: new Error(`a handler took longer than ${seconds} s`),
    });
  }
}
