import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Observable, throwError, timeout } from 'rxjs';
import { ProblemError, RETRY_LATER } from './problem.js';
import { PROBLEMS } from './problem-types.js';

const TAKES_TIME = 'nebula:takes-time';

/** A handler that waits for something to happen, and sees to its own limit. */
export const TakesTime = () => SetMetadata(TAKES_TIME, true);

/** Token of the longest time that a request may take, milliseconds. */
export const REQUEST_LIMIT_MS = Symbol('RequestLimitMs');

/** Answers for a handler that waits too long for a store or a feed that neither works nor fails. */
@Injectable()
export class TimeLimitInterceptor implements NestInterceptor {
  constructor(
    @Inject(REQUEST_LIMIT_MS) private readonly limitMs: number,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.reflector.get<boolean | undefined>(TAKES_TIME, context.getHandler())) return next.handle();
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
