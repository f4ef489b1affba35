import { Controller, Delete, Get, Headers, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { requireNamedChange } from '../access/access-decision.js';
import type { Caller } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import type { Answer } from '../http/answer.js';
import { TakesChangeQuery } from '../http/change-query.js';
import type { Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { JsonBody, MergePatchBody, NoBody } from '../http/request-body.js';
import { APP_OPERATIONS } from '../openapi/app-operations.js';
import { isLive } from './app-answer.js';
import { accepted, appAnswer, createdAnswer, listAnswer, unlessUnchanged } from './app-http-answers.js';
import { APP_LIST_PARAMETERS, readAppListQuery } from './app-list-query.js';
import { AppsService } from './apps.service.js';
import { ChangeAnswers } from './change-answers.js';
import { type Intent, IntentOf, UnconditionalIntentOf } from './intent.js';
import { readPreconditions } from './preconditions.js';

type RequestHeaders = Record<string, unknown>;

@Controller('apps')
export class AppsController {
  constructor(
    private readonly apps: AppsService,
    private readonly answers: ChangeAnswers,
  ) {}

  @Get()
  @Requires('read', 'each')
  @APP_OPERATIONS.list
  @TakesQuery(...APP_LIST_PARAMETERS)
  async list(@Query() query: QueryParameters, @CallerOf() caller: Caller): Promise<Answer> {
    return listAnswer(await this.apps.list(readAppListQuery(query), caller));
  }

  @Post()
  @Requires('write', 'each')
  @APP_OPERATIONS.create
  @TakesChangeQuery()
  async create(@JsonBody() body: unknown, @UnconditionalIntentOf() intent: Intent): Promise<Answer> {
    requireNamedChange(intent.caller, body);
    return await this.answers.of(await this.apps.create(body, intent), createdAnswer);
  }

  @Get(':app')
  @Requires('read', 'named')
  @APP_OPERATIONS.get
  async get(@Param('app') app: string, @Headers() headers: RequestHeaders): Promise<Answer> {
    const expected = readPreconditions(headers);
    return unlessUnchanged(await this.apps.get(app), expected);
  }

  @Put(':app')
  @Requires('write', 'named')
  @APP_OPERATIONS.put
  @TakesChangeQuery()
  async put(
    @Param('app') app: string,
    @JsonBody() body: unknown,
    @IntentOf() intent: Intent,
  ): Promise<Answer> {
    const made = await this.apps.put(app, body, intent);
    return await this.answers.of(made, isLive(made.before) ? appAnswer : createdAnswer);
  }

  @Patch(':app')
  @Requires('write', 'named')
  @APP_OPERATIONS.patch
  @TakesChangeQuery()
  async patch(
    @Param('app') app: string,
    @MergePatchBody() body: unknown,
    @IntentOf() intent: Intent,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.patch(app, body, intent), appAnswer);
  }

  @Delete(':app')
  @Requires('write', 'named')
  @APP_OPERATIONS.delete
  @TakesChangeQuery()
  async delete(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.delete(app, intent), accepted);
  }
}
