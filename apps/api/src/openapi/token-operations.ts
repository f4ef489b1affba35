import { ApiBody, ApiParam, ApiResponse } from '@nestjs/swagger';
import { PROBLEMS } from '../http/problem-types.js';
import { DRY_RUN_IN_QUERY, LOCATION, pageInQuery } from './parameters.js';
import { operationsOf } from './operation.js';
import { failures, success } from './responses.js';
import { ref } from './schema.js';

const TOKEN_IN_PATH = ApiParam({
  name: 'token',
  description: 'Name of the token.',
  schema: {
    ...{ type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$' },
    examples: ['ci'],
  },
});

const EXAMPLE_REQUEST = {
  name: 'ci',
  rights: 'rw',
  apps: ['shop', 'shop-*'],
  expires_at: '2027-01-31T12:00:00.000Z',
};

const EXAMPLE_TOKEN = {
  ...EXAMPLE_REQUEST,
  id: '5a1be0c97f3d2468',
  created_at: '2026-01-31T12:00:00.000Z',
  created_by: 'admin',
  last_used_at: '2026-01-31T12:30:00.000Z',
};

const EXAMPLE_CREATED = {
  token: 'nebula_5a1be0c97f3d2468_Zk3vXq0yT1nWc8bRr5hLs2mUe7gJd4aPfQo6iKxN9tE',
  ...EXAMPLE_TOKEN,
  last_used_at: null,
};

const BODY_PROBLEMS = [
  PROBLEMS.crossSite,
  PROBLEMS.malformedJson,
  PROBLEMS.bodyTooLarge,
  PROBLEMS.unsupportedMediaType,
  PROBLEMS.invalidQuery,
];

const operation = operationsOf('tokens');

/** What the document says of each call on tokens. */
export const TOKEN_OPERATIONS = {
  list: operation(
    'listTokens',
    'List tokens',
    'By name, page by page; expired ones too. What is secret in them is not kept, and so not shown.',
    ...pageInQuery('ci'),
    success(200, 'A page of tokens.', 'TokenList', {
      example: { items: [EXAMPLE_TOKEN], next_cursor: null },
    }),
    ...failures(PROBLEMS.invalidQuery),
  ),
  create: operation(
    'createToken',
    'Make a token',
    'The answer has the token itself, which is shown this once: only its hash is kept. A dry run makes none, and has `***` in its place.',
    DRY_RUN_IN_QUERY,
    ApiBody({
      required: true,
      schema: ref('TokenRequest'),
      examples: { ci: { value: EXAMPLE_REQUEST } },
    }),
    success(201, 'It is made.', 'NewToken', {
      headers: { Location: { ...LOCATION['Location'], description: 'Path of the token.' } },
      example: EXAMPLE_CREATED,
    }),
    ...failures(...BODY_PROBLEMS, PROBLEMS.tokenExists, PROBLEMS.invalidToken),
  ),
  get: operation(
    'getToken',
    'Read a token',
    'All of it but what is secret.',
    TOKEN_IN_PATH,
    success(200, 'The token.', 'Token', { example: EXAMPLE_TOKEN }),
    ...failures(PROBLEMS.tokenNotFound, PROBLEMS.invalidQuery),
  ),
  revoke: operation(
    'revokeToken',
    'Revoke a token',
    'Every instance of the api refuses it from then on. Its name is free for another one.',
    TOKEN_IN_PATH,
    DRY_RUN_IN_QUERY,
    success(200, 'Of a dry run alone: what would be.', 'TokenDryRun', {
      example: { preview: { result: 'revoked', token: EXAMPLE_TOKEN } },
    }),
    ApiResponse({ status: 204, description: 'It is revoked.' }),
    ...failures(...BODY_PROBLEMS, PROBLEMS.tokenNotFound, PROBLEMS.unexpectedBody),
  ),
};
