import { Controller, Param, Post } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import type { Answer } from '../http/answer.js';
import { TakesChangeQuery } from '../http/change-query.js';
import { NoBody, type Switches, SwitchesBody } from '../http/request-body.js';
import { APP_OPERATIONS } from '../openapi/app-operations.js';
import { accepted } from './app-http-answers.js';
import { AppsService } from './apps.service.js';
import { ChangeAnswers } from './change-answers.js';
import { type Intent, IntentOf } from './intent.js';

/** Changes that have a name of their own. */
@Controller('apps/:app')
export class AppActionsController {
  constructor(
    private readonly apps: AppsService,
    private readonly answers: ChangeAnswers,
  ) {}

  @Post('start')
  @Requires('write', 'named')
  @APP_OPERATIONS.start
  @TakesChangeQuery()
  async start(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.setRunning(app, true, intent), accepted);
  }

  @Post('stop')
  @Requires('write', 'named')
  @APP_OPERATIONS.stop
  @TakesChangeQuery()
  async stop(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.setRunning(app, false, intent), accepted);
  }

  @Post('restart')
  @Requires('write', 'named')
  @APP_OPERATIONS.restart
  @TakesChangeQuery()
  async restart(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.wish(app, ['restart'], intent), accepted);
  }

  @Post('roll')
  @Requires('write', 'named')
  @APP_OPERATIONS.roll
  @TakesChangeQuery()
  async roll(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.wish(app, ['roll'], intent), accepted);
  }

  @Post('release')
  @Requires('write', 'named')
  @APP_OPERATIONS.release
  @TakesChangeQuery()
  async release(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @SwitchesBody('rolling') { rolling }: Switches<'rolling'>,
  ): Promise<Answer> {
    const tokens = rolling ? (['release', 'roll'] as const) : (['release'] as const);
    return await this.answers.of(await this.apps.wish(app, tokens, intent), accepted);
  }

  @Post('prune')
  @Requires('write', 'named')
  @APP_OPERATIONS.prune
  @TakesChangeQuery()
  async prune(
    @Param('app') app: string,
    @IntentOf() intent: Intent,
    @NoBody() _body: undefined,
  ): Promise<Answer> {
    return await this.answers.of(await this.apps.wish(app, ['prune'], intent), accepted);
  }
}
