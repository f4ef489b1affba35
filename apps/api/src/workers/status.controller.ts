import { Controller, Get, Param, Query } from '@nestjs/common';
import { encodeCursor } from '../http/cursor.js';
import { invalidQuery, type Query as QueryParameters, readPage } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { STATUS_OPERATION } from '../openapi/status-operation.js';
import { type AppStatus, StatusService } from './status.service.js';

const LONGEST_WORKER_ID = 255;

type StatusAnswer = Omit<AppStatus, 'next_after'> & { next_cursor: string | null };

@Controller('apps/:app/status')
export class StatusController {
  constructor(private readonly service: StatusService) {}

  @Get()
  @STATUS_OPERATION
  @TakesQuery('limit', 'cursor')
  async status(@Param('app') app: string, @Query() query: QueryParameters): Promise<StatusAnswer> {
    const { page, problems } = readPage(query, (key) => key.length <= LONGEST_WORKER_ID);
    if (problems.length > 0) throw invalidQuery(problems);
    const { next_after, ...status } = await this.service.status(app, page);
    return { ...status, next_cursor: next_after === null ? null : encodeCursor(next_after) };
  }
}
