import { ApiBody, ApiParam, ApiQuery } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { EXAMPLE_APP, EXAMPLE_CHANGE, EXAMPLE_SPEC } from './examples.js';
import { APP_IN_PATH, CHANGE_IN_QUERY, ETAG, IF_MATCH, IF_NONE_MATCH, pageInQuery } from './parameters.js';
import { operationsOf } from './operation.js';
import { failures, success } from './responses.js';
import { ref } from './schema.js';
import { specDefaults } from '@nebula/contracts';

const EXAMPLE_LISTED = {
  revision: 7,
  change: 'changed',
  changed_by: 'token:deploy',
  reason: 'new logo, ticket 4711',
  changed_at: '2026-01-31T12:30:00.000Z',
  deleted: false,
};

const EXAMPLE_REVISION = { ...EXAMPLE_LISTED, spec: { ...specDefaults(), ...EXAMPLE_SPEC } };

const EXAMPLE_DIFF = { app_name: 'hello', from: 6, to: 7, changes: [EXAMPLE_CHANGE] };

const revision = (example: number) => ({ type: 'integer' as const, minimum: 1, examples: [example] });

const REVISION_IN_PATH = ApiParam({
  name: 'revision',
  description: 'Number of the revision.',
  schema: revision(7),
});

const FROM_AND_TO = [
  ApiQuery({
    name: 'from',
    required: false,
    description: 'The earlier revision; the one before `to` when left out.',
    schema: revision(6),
  }),
  ApiQuery({
    name: 'to',
    required: false,
    description: 'The later revision; the current one when left out.',
    schema: revision(7),
  }),
];

const { appNotFound, revisionNotFound, invalidQuery } = PROBLEMS;

const operation = operationsOf('apps', APP_IN_PATH);

/** What the document says of each call on what apps were. */
export const HISTORY_OPERATIONS = {
  list: operation(
    'listRevisions',
    'List revisions',
    'What was done to an app, the newest first, page by page; also of a deleted one.',
    ...pageInQuery('7'),
    success(200, 'A page of revisions.', 'RevisionList', {
      example: { items: [EXAMPLE_LISTED], next_cursor: null },
    }),
    ...failures(appNotFound, invalidQuery),
  ),
  get: operation(
    'getRevision',
    'Read a revision',
    'The whole spec as it was, with who made it, when and why. What is a secret in any revision that is kept is masked, and among `secret_env_vars`.',
    REVISION_IN_PATH,
    success(200, 'The revision.', 'Revision', { example: EXAMPLE_REVISION }),
    ...failures(appNotFound, revisionNotFound, invalidQuery),
  ),
  diff: operation(
    'diffRevisions',
    'Compare revisions',
    'What differs between two revisions of an app, field by field. Without a revision before, the whole spec is new.',
    ...FROM_AND_TO,
    success(200, 'What differs.', 'RevisionDiff', { example: EXAMPLE_DIFF }),
    ...failures(appNotFound, revisionNotFound, PROBLEMS.secretsUnreadable, invalidQuery),
  ),
  rollback: operation(
    'rollbackApp',
    'Roll an app back',
    'Makes a new revision with the spec of an old one, which has to be valid by the rules of today. A spec that the app has already makes none.',
    IF_MATCH,
    IF_NONE_MATCH,
    ...CHANGE_IN_QUERY,
    ApiBody({ required: true, schema: ref('Rollback'), examples: { back: { value: { to: 6 } } } }),
    success(200, 'The app as it is now.', 'App', { headers: ETAG, example: EXAMPLE_APP }),
    ...failures(
      appNotFound,
      revisionNotFound,
      PROBLEMS.crossSite,
      PROBLEMS.malformedJson,
      PROBLEMS.malformedHeader,
      PROBLEMS.preconditionFailed,
      PROBLEMS.bodyTooLarge,
      PROBLEMS.unsupportedMediaType,
      PROBLEMS.invalidRollback,
      PROBLEMS.invalidSpec,
      PROBLEMS.noSecretKey,
      PROBLEMS.secretsUnreadable,
      PROBLEMS.tooManyChanges,
      invalidQuery,
    ),
  ),
};
