import { ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { EXAMPLE_WORKER } from './examples.js';
import { DRY_RUN_IN_QUERY, pageInQuery } from './parameters.js';
import { operationsOf } from './operation.js';
import { failures, success } from './responses.js';

const WORKER_IN_PATH = ApiParam({
  name: 'worker',
  description: 'Id of the worker, percent-encoded.',
  schema: { type: 'string', minLength: 1, maxLength: 255, examples: [EXAMPLE_WORKER.worker_id] },
});

const FILTERS = [
  ApiQuery({
    name: 'state',
    required: false,
    description: 'Only workers in this state.',
    schema: { type: 'string', enum: ['online', 'offline'] },
  }),
  ApiQuery({
    name: 'app',
    required: false,
    description: 'Only workers that run this app.',
    schema: { type: 'string', maxLength: 63, examples: ['hello'] },
  }),
  ApiQuery({
    name: 'label',
    required: false,
    description: 'Only workers that have this label, as `name=text`.',
    schema: { type: 'string', examples: ['rack=7'] },
  }),
];

const { apps, ...listed } = EXAMPLE_WORKER;
const EXAMPLE_LIST = {
  items: [{ ...listed, apps: apps.map(({ app_name }) => app_name) }],
  next_cursor: null,
};

const operation = operationsOf('workers');

/** What the document says of each call on workers. */
export const WORKER_OPERATIONS = {
  list: operation(
    'listWorkers',
    'List workers',
    'Every worker that was ever heard of and not forgotten, by id, page by page.',
    ...pageInQuery(EXAMPLE_WORKER.worker_id),
    ...FILTERS,
    success(200, 'A page of workers.', 'WorkerList', { example: EXAMPLE_LIST }),
    ...failures(PROBLEMS.invalidQuery),
  ),
  get: operation(
    'getWorker',
    'Read a worker',
    'Its facts, and how far it is with each of its apps in its own words.',
    WORKER_IN_PATH,
    success(200, 'The worker.', 'Worker', { example: EXAMPLE_WORKER }),
    ...failures(PROBLEMS.workerNotFound, PROBLEMS.invalidQuery),
  ),
  forget: operation(
    'forgetWorker',
    'Forget a worker',
    'For one that is gone for good, which must be offline, and known to be: an api that has just begun to listen says when to try again. Should it come back, it is there again.',
    WORKER_IN_PATH,
    DRY_RUN_IN_QUERY,
    success(200, 'Of a dry run alone: what would be.', 'WorkerDryRun', {
      example: { preview: { result: 'forgotten', worker: { ...EXAMPLE_WORKER, state: 'offline' } } },
    }),
    ApiResponse({ status: 204, description: 'It is forgotten.' }),
    ...failures(
      PROBLEMS.workerNotFound,
      PROBLEMS.workerOnline,
      PROBLEMS.workerMaybeOnline,
      PROBLEMS.crossSite,
      PROBLEMS.malformedJson,
      PROBLEMS.bodyTooLarge,
      PROBLEMS.unsupportedMediaType,
      PROBLEMS.unexpectedBody,
      PROBLEMS.invalidQuery,
    ),
  ),
};
