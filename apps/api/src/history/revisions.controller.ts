import { Controller, Get, Param, Query } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { Answer } from '../http/answer.js';
import { encodeCursor } from '../http/cursor.js';
import type { Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { HISTORY_OPERATIONS } from '../openapi/history-operations.js';
import { DIFF_PARAMETERS, HISTORY_PARAMETERS, readDiffQuery, readHistoryQuery } from './history-query.js';
import { HistoryService } from './history.service.js';
import { listedRevision, revisionAnswer } from './revision-answer.js';

/** What an app was. */
@Controller('apps/:app')
export class RevisionsController {
  constructor(private readonly history: HistoryService) {}

  @Get('revisions')
  @Requires('read', 'named')
  @HISTORY_OPERATIONS.list
  @TakesQuery(...HISTORY_PARAMETERS)
  async list(@Param('app') app: string, @Query() query: QueryParameters): Promise<Answer> {
    const { items, next_before } = await this.history.list(app, readHistoryQuery(query));
    const next_cursor = next_before === null ? null : encodeCursor(String(next_before));
    return new Answer(200, { items: items.map(listedRevision), next_cursor });
  }

  @Get('revisions/:revision')
  @Requires('read', 'named')
  @HISTORY_OPERATIONS.get
  async get(@Param('app') app: string, @Param('revision') revision: string): Promise<Answer> {
    return new Answer(200, revisionAnswer(await this.history.get(app, revision)));
  }

  @Get('diff')
  @Requires('read', 'named')
  @HISTORY_OPERATIONS.diff
  @TakesQuery(...DIFF_PARAMETERS)
  async diff(@Param('app') app: string, @Query() query: QueryParameters): Promise<Answer> {
    const { from, to } = readDiffQuery(query);
    return new Answer(200, await this.history.diff(app, from, to));
  }
}
