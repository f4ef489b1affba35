import { Controller, Headers, Param, Post } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import type { Answer } from '../http/answer.js';
import { NoBody, type Switches, SwitchesBody } from '../http/request-body.js';
import { APP_OPERATIONS } from '../openapi/app-operations.js';
import { accepted } from './app-http-answers.js';
import { AppsService } from './apps.service.js';
import { readPreconditions } from './preconditions.js';

type RequestHeaders = Record<string, unknown>;

/** Changes that have a name of their own. */
@Controller('apps/:app')
export class AppActionsController {
  constructor(private readonly apps: AppsService) {}

  @Post('start')
  @Requires('write', 'named')
  @APP_OPERATIONS.start
  async start(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return accepted(await this.apps.setRunning(app, true, readPreconditions(headers)));
  }

  @Post('stop')
  @Requires('write', 'named')
  @APP_OPERATIONS.stop
  async stop(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return accepted(await this.apps.setRunning(app, false, readPreconditions(headers)));
  }

  @Post('restart')
  @Requires('write', 'named')
  @APP_OPERATIONS.restart
  async restart(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return accepted(await this.apps.wish(app, ['restart'], readPreconditions(headers)));
  }

  @Post('roll')
  @Requires('write', 'named')
  @APP_OPERATIONS.roll
  async roll(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return accepted(await this.apps.wish(app, ['roll'], readPreconditions(headers)));
  }

  @Post('release')
  @Requires('write', 'named')
  @APP_OPERATIONS.release
  async release(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @SwitchesBody('rolling') { rolling }: Switches<'rolling'>,
  ): Promise<Answer> {
    const tokens = rolling ? (['release', 'roll'] as const) : (['release'] as const);
    return accepted(await this.apps.wish(app, tokens, readPreconditions(headers)));
  }

  @Post('prune')
  @Requires('write', 'named')
  @APP_OPERATIONS.prune
  async prune(
    @Param('app') app: string,
    @Headers() headers: RequestHeaders,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return accepted(await this.apps.wish(app, ['prune'], readPreconditions(headers)));
  }
}
