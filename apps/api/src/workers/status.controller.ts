import { Controller, Get, Param, Query } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { encodeCursor } from '../http/cursor.js';
import type { Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { STATUS_OPERATION } from '../openapi/status-operation.js';
import { readStatusQuery, STATUS_PARAMETERS } from './status-query.js';
import { type AppStatus, StatusService } from './status.service.js';

type StatusAnswer = Omit<AppStatus, 'next_after'> & { next_cursor: string | null };

@Controller('apps/:app/status')
export class StatusController {
  constructor(private readonly service: StatusService) {}

  @Get()
  @Requires('read', 'named')
  @STATUS_OPERATION
  @TakesQuery(...STATUS_PARAMETERS)
  async status(@Param('app') app: string, @Query() query: QueryParameters): Promise<StatusAnswer> {
    const { next_after, ...status } = await this.service.status(app, readStatusQuery(query));
    return { ...status, next_cursor: next_after === null ? null : encodeCursor(next_after) };
  }
}
