import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { FLEET_STATES } from '../store/fleet-records.js';
import { EXAMPLE_STATUS } from './examples.js';
import { APP_IN_PATH, pageInQuery } from './parameters.js';
import { failures, success } from './responses.js';

/** What the document says of the status of an app. */
export const STATUS_OPERATION: MethodDecorator = applyDecorators(
  ApiTags('apps'),
  ApiOperation({
    operationId: 'getAppStatus',
    summary: 'See how far the workers are',
    description:
      'How many workers are how far, and what each said last about the app, page by page. A deleted app has a status until its record is forgotten.',
  }),
  APP_IN_PATH,
  ...pageInQuery('b3f1'),
  ApiQuery({
    name: 'state',
    required: false,
    description: 'Only workers in this state.',
    schema: { type: 'string', enum: [...FLEET_STATES] },
  }),
  ApiQuery({
    name: 'sort',
    required: false,
    description:
      '`worker_id`: all workers, by id. `slowest`: those that have converged on the desired revision, the slowest first.',
    schema: { type: 'string', enum: ['worker_id', 'slowest'], default: 'worker_id' },
  }),
  success(200, 'The status.', 'AppStatus', { example: EXAMPLE_STATUS }),
  ...failures(PROBLEMS.appNotFound, PROBLEMS.invalidQuery),
);
