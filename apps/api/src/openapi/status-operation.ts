import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { EXAMPLE_STATUS } from './examples.js';
import { APP_IN_PATH, PAGE_IN_QUERY } from './parameters.js';
import { failures, success } from './responses.js';

/** What the document says of the status of an app. */
export const STATUS_OPERATION: MethodDecorator = applyDecorators(
  ApiTags('apps'),
  ApiOperation({
    operationId: 'getAppStatus',
    summary: 'See how far the workers are',
    description:
      'What each worker said last about the app, by worker id, page by page. A deleted app has a status until its record is forgotten.',
  }),
  APP_IN_PATH,
  ...PAGE_IN_QUERY,
  success(200, 'The status.', 'AppStatus', { example: EXAMPLE_STATUS }),
  ...failures(PROBLEMS.appNotFound, PROBLEMS.invalidQuery),
);
