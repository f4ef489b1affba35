import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import { Answer } from '../http/answer.js';
import { readDryRun, TakesDryRun } from '../http/change-query.js';
import { encodeCursor } from '../http/cursor.js';
import type { Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { NoBody } from '../http/request-body.js';
import { WORKER_OPERATIONS } from '../openapi/worker-operations.js';
import type { DetailedWorker, ListedWorker } from './worker-answer.js';
import { readWorkersQuery, WORKER_LIST_PARAMETERS } from './workers-query.js';
import { WorkersService } from './workers.service.js';

@Controller('workers')
export class WorkersController {
  constructor(private readonly workers: WorkersService) {}

  @Get()
  @Requires('read', 'each')
  @WORKER_OPERATIONS.list
  @TakesQuery(...WORKER_LIST_PARAMETERS)
  async list(
    @Query() query: QueryParameters,
    @CallerOf() caller: Caller,
  ): Promise<{ items: ListedWorker[]; next_cursor: string | null }> {
    const { items, next_after } = await this.workers.list(readWorkersQuery(query), caller);
    return { items, next_cursor: next_after === null ? null : encodeCursor(next_after) };
  }

  @Get(':worker')
  @Requires('read', 'each')
  @WORKER_OPERATIONS.get
  async get(@Param('worker') worker: string, @CallerOf() caller: Caller): Promise<DetailedWorker> {
    return await this.workers.get(worker, caller);
  }

  @Delete(':worker')
  @Requires('write', 'all')
  @WORKER_OPERATIONS.forget
  @TakesDryRun()
  async forget(
    @Param('worker') worker: string,
    @Query() query: QueryParameters,
    @CallerOf() caller: Caller,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    const isDryRun = readDryRun(query);
    await this.workers.forget(worker, isDryRun);
    if (!isDryRun) return new Answer(204, undefined);
    return new Answer(200, {
      preview: { result: 'forgotten', worker: await this.workers.get(worker, caller) },
    });
  }
}
