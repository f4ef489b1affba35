import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { responsesOf, success } from './responses.js';

/** What the document says of health. */
export const HEALTH_OPERATIONS = {
  alive: applyDecorators(
    ApiTags('health'),
    ApiOperation({
      operationId: 'getHealth',
      summary: 'Is the program alive?',
      description: 'Asks nothing outside of the process, so a database that is away restarts no api.',
    }),
    success(200, 'It is.', 'Alive', { example: { status: 'ok', version: '3.0.0' } }),
    ...responsesOf([PROBLEMS.invalidQuery, PROBLEMS.internalError, PROBLEMS.shuttingDown]),
  ),
  ready: applyDecorators(
    ApiTags('health'),
    ApiOperation({
      operationId: 'getReadiness',
      summary: 'Can it serve?',
      description:
        'Looks at the store, at the feed of each region, and at the Docker Engine in one process with a worker.',
    }),
    success(200, 'It can.', 'Ready', {
      example: { status: 'ok', checks: [{ name: 'store', problem: null }] },
    }),
    ...responsesOf([
      PROBLEMS.invalidQuery,
      PROBLEMS.internalError,
      PROBLEMS.notReady,
      PROBLEMS.timedOut,
      PROBLEMS.shuttingDown,
    ]),
  ),
};
