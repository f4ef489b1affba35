import { Controller, Param, Post } from '@nestjs/common';
import { Requires } from '../access/requires.js';
import { appAnswer } from '../apps/app-http-answers.js';
import { ChangeAnswers } from '../apps/change-answers.js';
import { type Intent, IntentOf } from '../apps/intent.js';
import type { Answer } from '../http/answer.js';
import { TakesChangeQuery } from '../http/change-query.js';
import { JsonBody } from '../http/request-body.js';
import { HISTORY_OPERATIONS } from '../openapi/history-operations.js';
import { invalidRollback } from './history-problems.js';
import { RollbackService } from './rollback.service.js';

/** Back to what an app was. */
@Controller('apps/:app')
export class RollbackController {
  constructor(
    private readonly rollbacks: RollbackService,
    private readonly answers: ChangeAnswers,
  ) {}

  @Post('rollback')
  @Requires('write', 'named')
  @HISTORY_OPERATIONS.rollback
  @TakesChangeQuery()
  async rollBack(
    @Param('app') app: string,
    @JsonBody() body: unknown,
    @IntentOf() intent: Intent,
  ): Promise<Answer> {
    return await this.answers.of(await this.rollbacks.rollBack(app, readTarget(body), intent), appAnswer);
  }
}

/** @throws {ProblemError} when the body is not `{"to": n}` */
function readTarget(body: unknown): number {
  const form = 'must be the revision to go back to, a whole number from 1, alone in the body: {"to": 7}';
  if (typeof body !== 'object' || body === null || !('to' in body)) throw invalidRollback(form);
  const { to } = body;
  const isAlone = Object.keys(body).length === 1;
  if (isAlone && Number.isSafeInteger(to) && Number(to) >= 1) return Number(to);
  throw invalidRollback(form, typeof to === 'number' || typeof to === 'boolean' ? to : undefined);
}
