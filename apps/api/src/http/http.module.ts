import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { AnswerInterceptor } from './answer.interceptor.js';
import { ProblemFilter } from './problem-filter.js';
import { QueryGuard } from './query.guard.js';
import { REQUEST_LIMIT_MS, TimeLimitInterceptor } from './time-limit.interceptor.js';

/** What every HTTP request goes through. Messages of workers don't. */
@Module({
  providers: [
    { provide: REQUEST_LIMIT_MS, useValue: 10_000 },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: QueryGuard },
    { provide: APP_INTERCEPTOR, useClass: TimeLimitInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
  ],
})
export class HttpModule {}
