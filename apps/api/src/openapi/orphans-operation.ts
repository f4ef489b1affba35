import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { pageInQuery } from './parameters.js';
import { failures, success } from './responses.js';

const EXAMPLE = {
  items: [{ app_name: 'ghost', workers: 214, epoch: 1, revision: 7 }],
  next_cursor: null,
};

/** What the document says of the list of orphans. */
export const ORPHANS_OPERATION = applyDecorators(
  ApiTags('apps'),
  ApiOperation({
    operationId: 'listOrphans',
    summary: 'List orphans',
    description:
      'Apps that workers run and the database does not know, by name, page by page: those that were created after ' +
      'the backup from which it was restored. They are left alone. Creating an app of that name takes it over; ' +
      'deleting it has workers remove its containers.',
  }),
  ...pageInQuery('ghost'),
  success(200, 'A page of orphans.', 'OrphanList', { example: EXAMPLE }),
  ...failures(PROBLEMS.invalidQuery),
);
