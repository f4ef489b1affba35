import { Controller, Get, Param, Query } from '@nestjs/common';
import { tokenWrong } from '../access/access-problems.js';
import type { Caller } from '../access/caller.js';
import { CallerOf } from '../access/caller-of.js';
import { Requires } from '../access/requires.js';
import { TokenCheck } from '../access/token-check.js';
import { ClientGone } from '../http/client-gone.js';
import { invalidQuery, problemOf, type Query as QueryParameters } from '../http/page-query.js';
import { TakesQuery } from '../http/query.guard.js';
import { TakesTime } from '../http/time-limit.js';
import { LONGEST_WAIT_SECONDS, WAIT_OPERATION, WAIT_SECONDS } from '../openapi/wait-operation.js';
import { type WaitAnswer, type WaitQuery, WaitService } from './wait.service.js';

@Controller('apps/:app/wait')
export class WaitController {
  constructor(
    private readonly service: WaitService,
    private readonly tokens: TokenCheck,
  ) {}

  @Get()
  @Requires('read', 'named')
  @WAIT_OPERATION
  @TakesQuery('revision', 'timeout')
  @TakesTime()
  async wait(
    @Param('app') app: string,
    @Query() query: QueryParameters,
    @ClientGone() gone: AbortSignal,
    @CallerOf() caller: Caller,
  ): Promise<WaitAnswer> {
    const answer = await this.service.wait(app, readWaitQuery(query), gone);
    // A token may have been revoked meanwhile.
    if (!(await this.tokens.holds(caller))) throw tokenWrong();
    return answer;
  }
}

/** @throws {ProblemError} with every parameter that is wrong */
function readWaitQuery({ revision, timeout }: QueryParameters): WaitQuery {
  const problems = [];
  const wanted = revision === undefined ? undefined : wholeNumber(revision, 1, Number.MAX_SAFE_INTEGER);
  if (wanted === null) problems.push(problemOf('revision', revision, 'must be a whole number, 1 or more'));
  const seconds = timeout === undefined ? WAIT_SECONDS : wholeNumber(timeout, 0, LONGEST_WAIT_SECONDS);
  if (seconds === null) {
    const message = `must be a whole number of seconds, 0 to ${LONGEST_WAIT_SECONDS}`;
    problems.push(problemOf('timeout', timeout, message));
  }
  if (problems.length > 0) throw invalidQuery(problems);
  return {
    timeout_seconds: seconds ?? WAIT_SECONDS,
    ...(typeof wanted === 'number' ? { revision: wanted } : {}),
  };
}

function wholeNumber(text: string, min: number, max: number): number | null {
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
  return number >= min && number <= max ? number : null;
}
