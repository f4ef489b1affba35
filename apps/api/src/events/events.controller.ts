import { parseAppName } from '@nebula/contracts';
import { Controller, Get, Headers, Query } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import type { Answer } from '../http/answer.js';
import { invalidQuery, problemOf, type Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { TakesTime } from '../http/time-limit.js';
import { EVENTS_OPERATION } from '../openapi/events-operation.js';
import { EventsService } from './events.service.js';

@Controller('events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get()
  @Requires('read', 'each')
  @EVENTS_OPERATION
  @TakesQuery('app')
  @TakesTime()
  async stream(
    @Query() { app }: QueryParameters,
    @Headers('last-event-id') lastId: string | undefined,
    @CallerOf() caller: Caller,
  ): Promise<Answer> {
    if (app !== undefined && !parseAppName(app).ok)
      throw invalidQuery([problemOf('app', app, 'must be the name of an app')]);
    return (await this.events.open(app ?? null, lastId || null, caller)).answer;
  }
}
