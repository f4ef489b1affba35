import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { AnswerInterceptor } from './answer.interceptor.js';
import { ProblemFilter } from './problem-filter.js';
import { QueryGuard } from './query.guard.js';
import { REQUEST_LIMIT_MS, TimeLimitInterceptor } from './time-limit.interceptor.js';

/** Longer than any call of a store or a feed that ends at all. */
const DEFAULT_REQUEST_LIMIT_MS = 10_000;

/** What every HTTP request goes through. Messages of workers don't. */
@Module({
  providers: [
    {
      provide: REQUEST_LIMIT_MS,
      useFactory: ({ request_limit_ms }: ApiOptions) => request_limit_ms ?? DEFAULT_REQUEST_LIMIT_MS,
      inject: [API_OPTIONS],
    },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: QueryGuard },
    { provide: APP_INTERCEPTOR, useClass: TimeLimitInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
  ],
})
export class HttpModule {}
