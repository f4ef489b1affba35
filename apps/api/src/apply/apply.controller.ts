import { writeYaml } from '@nebula/yaml';
import { Controller, Get, Headers, Post, Query } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import { type Intent, UnconditionalIntentOf } from '../apps/intent.js';
import { prefersYaml } from '../http/accept.js';
import { Answer } from '../http/answer.js';
import { TakesChangeQuery } from '../http/change-query.js';
import { DocumentBody } from '../http/request-body.js';
import type { Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { TakesTime } from '../http/time-limit.js';
import { YAML_TYPE } from '../http/yaml-text.js';
import { APPLY_OPERATIONS } from '../openapi/apply-operations.js';
import { readPrefixQuery, readPruning } from './apply-query.js';
import { ApplyService } from './apply.service.js';
import { ExportService } from './export.service.js';

/** Many apps at once. */
@Controller()
export class ApplyController {
  constructor(
    private readonly applying: ApplyService,
    private readonly exporting: ExportService,
  ) {}

  @Post('apply')
  @Requires('write', 'each')
  @APPLY_OPERATIONS.apply
  @TakesChangeQuery('prune', 'prefix')
  @TakesTime()
  async apply(
    @Query() query: QueryParameters,
    @UnconditionalIntentOf() intent: Intent,
    @DocumentBody() body: unknown,
  ): Promise<Answer> {
    const items = await this.applying.apply(body, readPruning(query), intent);
    return new Answer(200, { dry_run: intent.dryRun, items });
  }

  @Get('export')
  @Requires('read', 'each')
  @APPLY_OPERATIONS.export
  @TakesQuery('prefix')
  @TakesTime()
  async export(
    @Query() query: QueryParameters,
    @Headers('accept') accept: string | undefined,
    @CallerOf() caller: Caller,
  ): Promise<Answer> {
    const document = await this.exporting.export(readPrefixQuery(query), caller);
    if (!prefersYaml(accept)) return new Answer(200, document, { vary: 'Accept' });
    return new Answer(200, writeYaml(document), { vary: 'Accept', 'content-type': YAML_TYPE });
  }
}
