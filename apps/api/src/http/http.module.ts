import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ProblemFilter } from './problem-filter.js';
import { QueryGuard } from './query.guard.js';

/** What every HTTP request goes through. Messages of workers don't. */
@Module({
  providers: [
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: QueryGuard },
  ],
})
export class HttpModule {}
