import { Controller, Delete, Get, Headers, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { requireNamedChange } from '../access/access-decision.js';
import type { Caller } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import type { Answer } from '../http/answer.js';
import type { Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { JsonBody, MergePatchBody, NoBody } from '../http/request-body.js';
import { APP_OPERATIONS } from '../openapi/app-operations.js';
import { accepted, appAnswer, createdAnswer, listAnswer, unlessUnchanged } from './app-http-answers.js';
import { APP_LIST_PARAMETERS, readAppListQuery } from './app-list-query.js';
import { AppsService } from './apps.service.js';
import { readPreconditions } from './preconditions.js';

type RequestHeaders = Record<string, unknown>;

@Controller('apps')
export class AppsController {
  constructor(private readonly apps: AppsService) {}

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
  async create(@JsonBody() body: unknown, @CallerOf() caller: Caller): Promise<Answer> {
    requireNamedChange(caller, body);
    return createdAnswer(await this.apps.create(body));
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
  async put(
    @Param('app') name: string,
    @JsonBody() body: unknown,
    @Headers() headers: RequestHeaders,
  ): Promise<Answer> {
    const { app, isNew } = await this.apps.put(name, body, readPreconditions(headers));
    return isNew ? createdAnswer(app) : appAnswer(app);
  }

  @Patch(':app')
  @Requires('write', 'named')
  @APP_OPERATIONS.patch
  async patch(
    @Param('app') app: string,
    @MergePatchBody() body: unknown,
    @Headers() headers: RequestHeaders,
  ): Promise<Answer> {
    return appAnswer(await this.apps.patch(app, body, readPreconditions(headers)));
  }

  @Delete(':app')
  @Requires('write', 'named')
  @APP_OPERATIONS.delete
  async delete(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return accepted(await this.apps.delete(app, readPreconditions(headers)));
  }
}
