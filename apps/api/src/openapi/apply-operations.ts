import { ApiBody, ApiConsumes, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { JSON_TYPE } from '../http/body-parsers.js';
import { PROBLEMS } from '../http/problem-types.js';
import { YAML_TYPE } from '../http/yaml-text.js';
import { EXAMPLE_SPEC } from './examples.js';
import { CHANGE_IN_QUERY, PREFIX_IN_QUERY } from './parameters.js';
import { operationsOf } from './operation.js';
import { failures, success } from './responses.js';
import { ref } from './schema.js';

const EXAMPLE_DOCUMENT = { apps: [EXAMPLE_SPEC] };

const EXAMPLE_APPLIED = {
  dry_run: false,
  items: [
    { app_name: 'hello', result: 'changed', revision: 8, problem: null },
    { app_name: 'shop', result: 'unchanged', revision: 31, problem: null },
  ],
};

const PRUNING = [
  ApiQuery({
    name: 'prune',
    required: false,
    description:
      'Deletes the apps that are not in the document, of those that the caller may see, once all others are done and none has failed.',
    schema: { type: 'boolean', default: false },
  }),
  ApiQuery({
    name: 'prefix',
    required: false,
    description:
      'With `prune` alone: only apps whose name begins like this are deleted, and the document has no others.',
    schema: { type: 'string', maxLength: 63, examples: ['hel'] },
  }),
];

const operation = operationsOf('apps');

/** What the document says of many apps at once. */
export const APPLY_OPERATIONS = {
  apply: operation(
    'applyApps',
    'Apply a document',
    'Creates or changes the apps of a document where they differ, and leaves all others alone. What a spec does not say has its default. Any spec that is not valid refuses all of it, and so does an app that is not as `expected`; after that an app that can not be changed hinders no other, and the answer says of each what became of it.',
    ...CHANGE_IN_QUERY,
    ...PRUNING,
    ApiConsumes(JSON_TYPE, YAML_TYPE),
    ApiBody({
      required: true,
      schema: ref('ApplyDocument'),
      examples: {
        hello: { value: EXAMPLE_DOCUMENT },
        looked: {
          summary: 'Only as it was looked at.',
          value: { ...EXAMPLE_DOCUMENT, expected: { [EXAMPLE_SPEC.app_name]: 7 } },
        },
      },
    }),
    success(200, 'What became of each app.', 'Applied', { example: EXAMPLE_APPLIED }),
    ...failures(
      PROBLEMS.crossSite,
      PROBLEMS.malformedJson,
      PROBLEMS.malformedYaml,
      PROBLEMS.preconditionFailed,
      PROBLEMS.bodyTooLarge,
      PROBLEMS.unsupportedMediaType,
      PROBLEMS.invalidSpec,
      PROBLEMS.invalidQuery,
    ),
  ),
  export: operation(
    'exportApps',
    'Export apps',
    'The apps as a document that can be applied again, without what has its default and with secrets masked. In YAML when `Accept` prefers it.',
    PREFIX_IN_QUERY,
    ApiResponse({
      status: 200,
      description: 'The document.',
      content: {
        [JSON_TYPE]: { schema: ref('AppDocument'), example: EXAMPLE_DOCUMENT },
        [YAML_TYPE]: { schema: ref('AppDocument'), example: EXAMPLE_DOCUMENT },
      },
    }),
    ...failures(PROBLEMS.invalidQuery),
  ),
};
