import { Controller, Post } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { Answer } from '../http/answer.js';
import { TakesChangeQuery } from '../http/change-query.js';
import { NoBody } from '../http/request-body.js';
import { TakesTime } from '../http/time-limit.js';
import { PRUNE_OPERATION } from '../openapi/prune-operation.js';
import { type Intent, UnconditionalIntentOf } from './intent.js';
import { PruneService } from './prune.service.js';

/** What concerns every app at once. */
@Controller('prune')
export class PruneController {
  constructor(private readonly pruning: PruneService) {}

  @Post()
  @Requires('write', 'each')
  @PRUNE_OPERATION
  @TakesChangeQuery()
  @TakesTime()
  async prune(@UnconditionalIntentOf() intent: Intent, @NoBody() _body: undefined): Promise<Answer> {
    return new Answer(202, { items: await this.pruning.pruneAll(intent) });
  }
}
