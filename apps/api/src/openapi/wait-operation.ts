import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { EXAMPLE_WAIT } from './examples.js';
import { APP_IN_PATH } from './parameters.js';
import { failures, success } from './responses.js';

/** How long is waited when nothing else is asked for. */
export const WAIT_SECONDS = 60;
export const LONGEST_WAIT_SECONDS = 600;

/** What the document says of waiting for workers. */
export const WAIT_OPERATION: MethodDecorator = applyDecorators(
  ApiTags('apps'),
  ApiOperation({
    operationId: 'waitForApp',
    summary: 'Wait until the workers have converged',
    description:
      'Answers as soon as every worker of the app that is not offline has converged on the revision or a newer one, else at the timeout with those that have not and why. Without any such worker it waits for one, and says so at the end. A connection that is cut meanwhile can be made again: nothing is lost.',
  }),
  APP_IN_PATH,
  ApiQuery({
    name: 'revision',
    required: false,
    description: 'The revision to wait for; the desired one when left out.',
    schema: { type: 'integer', minimum: 1, examples: [7] },
  }),
  ApiQuery({
    name: 'timeout',
    required: false,
    description: 'Seconds to wait at most; 0 looks once.',
    schema: { type: 'integer', minimum: 0, maximum: LONGEST_WAIT_SECONDS, default: WAIT_SECONDS },
  }),
  success(200, 'The workers have converged, or the time is over: see `outcome`.', 'WaitAnswer', {
    example: EXAMPLE_WAIT,
  }),
  ...failures(PROBLEMS.appNotFound, PROBLEMS.invalidQuery),
);
