import { parseAppName } from '@nebula/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { type Caller, maySee } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import { encodeCursor } from '../http/cursor.js';
import { invalidQuery, type Query as QueryParameters, readPage } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { ORPHANS_OPERATION } from '../openapi/orphans-operation.js';
import { type Orphan, OrphansService } from './orphans.service.js';

@Controller('orphans')
export class OrphansController {
  constructor(private readonly orphans: OrphansService) {}

  @Get()
  @Requires('read', 'each')
  @ORPHANS_OPERATION
  @TakesQuery('limit', 'cursor')
  async list(
    @Query() query: QueryParameters,
    @CallerOf() caller: Caller,
  ): Promise<{ items: Orphan[]; next_cursor: string | null }> {
    const { page, problems } = readPage(query, (key) => parseAppName(key).ok);
    if (problems.length > 0) throw invalidQuery(problems);
    const { items, next_after } = await this.orphans.list(page, (name) => maySee(caller, name));
    return { items, next_cursor: next_after === null ? null : encodeCursor(next_after) };
  }
}
