import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { CHANGE_IN_QUERY } from './parameters.js';
import { failures, success } from './responses.js';

const EXAMPLE = {
  items: [
    { app_name: 'hello', revision: 8, error: null },
    { app_name: 'shop', revision: 31, error: null },
  ],
};

/** What the document says of pruning by every app. */
export const PRUNE_OPERATION = applyDecorators(
  ApiTags('apps'),
  ApiOperation({
    operationId: 'pruneAll',
    summary: 'Prune images everywhere',
    description:
      'Every worker removes the images that it has pulled and that neither a container nor an app needs any more, ' +
      'once, also those that are away now. It is asked by every app; the answer says of each what became of it.',
  }),
  ...CHANGE_IN_QUERY,
  success(202, 'Workers are told.', 'Pruning', { example: EXAMPLE }),
  ...failures(
    PROBLEMS.crossSite,
    PROBLEMS.malformedJson,
    PROBLEMS.bodyTooLarge,
    PROBLEMS.unsupportedMediaType,
    PROBLEMS.unexpectedBody,
    PROBLEMS.invalidQuery,
  ),
);
