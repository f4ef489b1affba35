import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiResponse } from '@nestjs/swagger';
import { JSON_TYPE, MERGE_PATCH_TYPE } from '../http/body-parsers.js';
import { PROBLEMS, type ProblemType } from '../http/problem-types.js';
import { EXAMPLE_ACCEPTED, EXAMPLE_APP, EXAMPLE_SPEC } from './examples.js';
import {
  APP_IN_PATH,
  CHANGE_IN_QUERY,
  ETAG,
  IF_MATCH,
  IF_NONE_MATCH,
  LOCATION,
  pageInQuery,
  PREFIX_IN_QUERY,
} from './parameters.js';
import { operationsOf } from './operation.js';
import { failures, success } from './responses.js';
import { ref } from './schema.js';

const BODY_PROBLEMS = [
  PROBLEMS.crossSite,
  PROBLEMS.malformedJson,
  PROBLEMS.bodyTooLarge,
  PROBLEMS.unsupportedMediaType,
  PROBLEMS.invalidSpec,
  PROBLEMS.noSecretKey,
  PROBLEMS.invalidQuery,
];
const EXPECTATIONS = [PROBLEMS.malformedHeader, PROBLEMS.preconditionFailed];
const { appNotFound, secretsUnreadable, tooManyChanges } = PROBLEMS;

const operation = operationsOf('apps');

/** What the document says of each call on apps. */
export const APP_OPERATIONS = {
  list: operation(
    'listApps',
    'List apps',
    'Apps by name, page by page. An app that is created or deleted meanwhile shifts no other between pages.',
    ...pageInQuery(EXAMPLE_SPEC.app_name),
    PREFIX_IN_QUERY,
    success(200, 'A page of apps.', 'AppList', { example: { items: [EXAMPLE_APP], next_cursor: null } }),
    ...failures(PROBLEMS.invalidQuery),
  ),
  create: operation(
    'createApp',
    'Create an app',
    'Every worker that runs this app starts it. A name whose app was deleted is free; its revision goes on from there.',
    ...CHANGE_IN_QUERY,
    jsonBody('AppSpec', EXAMPLE_SPEC),
    success(201, 'It is created.', 'App', { headers: { ...ETAG, ...LOCATION }, example: EXAMPLE_APP }),
    ...failures(...BODY_PROBLEMS, PROBLEMS.appExists, tooManyChanges),
  ),
  get: operation(
    'getApp',
    'Read an app',
    'The whole spec with every default.',
    APP_IN_PATH,
    IF_MATCH,
    IF_NONE_MATCH,
    success(200, 'The app.', 'App', { headers: ETAG, example: EXAMPLE_APP }),
    ApiResponse({ status: 304, description: 'The app still has an ETag of `If-None-Match`.' }),
    ...failures(appNotFound, PROBLEMS.invalidQuery, ...EXPECTATIONS),
  ),
  put: operation(
    'putApp',
    'Create or replace an app',
    'Takes a whole spec: what is left out has its default. The same spec again makes no revision.',
    APP_IN_PATH,
    IF_MATCH,
    IF_NONE_MATCH,
    ...CHANGE_IN_QUERY,
    jsonBody('AppSpecInPlace', EXAMPLE_SPEC),
    success(200, 'The app has this spec.', 'App', { headers: ETAG, example: EXAMPLE_APP }),
    success(201, 'It is created.', 'App', { headers: { ...ETAG, ...LOCATION }, example: EXAMPLE_APP }),
    // A name that the caller may not see is that of no app.
    ...failures(appNotFound, ...BODY_PROBLEMS, ...EXPECTATIONS, tooManyChanges, secretsUnreadable),
  ),
  patch: operation(
    'patchApp',
    'Change a part of an app',
    'A JSON merge patch (RFC 7396): members of objects are merged, null takes a member away, lists are replaced. ' +
      'The result is validated as a whole, so `{"containers_per": {"server": null, "cpu": 2}}` goes from one measure to another. ' +
      'What changes nothing makes no revision. Without `If-Match`, changes of others at the same time are kept.',
    APP_IN_PATH,
    IF_MATCH,
    IF_NONE_MATCH,
    ...CHANGE_IN_QUERY,
    patchBody(),
    success(200, 'The app as it is now.', 'App', { headers: ETAG, example: EXAMPLE_APP }),
    ...failures(appNotFound, ...BODY_PROBLEMS, ...EXPECTATIONS, tooManyChanges, secretsUnreadable),
  ),
  delete: accepted(
    'deleteApp',
    'Delete an app',
    'Workers remove its containers. The name is free at once; its revision goes on with the next app of that name. ' +
      'An orphan can be deleted, too.',
    {},
  ),
  start: accepted(
    'startApp',
    'Start an app',
    'Sets `running`. An app that shall run already keeps its revision.',
  ),
  stop: accepted(
    'stopApp',
    'Stop an app',
    'Takes `running` away; workers remove its containers. An app that is stopped already keeps its revision.',
  ),
  restart: accepted(
    'restartApp',
    'Restart an app',
    'Workers make every container anew from the image that is there, once, also those that are away now.',
  ),
  release: accepted(
    'releaseApp',
    'Release an app',
    'Workers pull the image even when its tag is there already, then make every container anew. Where the pull fails, nothing is touched. With `{"rolling": true}` containers are replaced as with `roll`.',
    ETAG,
    ApiBody({
      required: false,
      schema: ref('ReleaseWish'),
      examples: { rolling: { value: { rolling: true } } },
    }),
  ),
  roll: accepted(
    'rollApp',
    'Roll an app',
    'Workers make every container anew from the image that is there, once, so many at a time as `update.max_unavailable` says, whatever the strategy is. A container that does not become ready ends it as it ends an update.',
  ),
  prune: accepted(
    'pruneApp',
    'Prune images',
    'Workers of this app remove the images that they have pulled and that neither a container nor an app needs any more, once, also those that are away now. Containers that have ended and that the app does not come back to go with them; none that runs is touched.',
  ),
};

function accepted(
  operationId: string,
  summary: string,
  description: string,
  headers = ETAG,
  ...parts: MethodDecorator[]
): MethodDecorator {
  const problems: ProblemType[] = [
    appNotFound,
    ...EXPECTATIONS,
    PROBLEMS.crossSite,
    PROBLEMS.malformedJson,
    PROBLEMS.bodyTooLarge,
    PROBLEMS.unsupportedMediaType,
    PROBLEMS.unexpectedBody,
    PROBLEMS.invalidQuery,
    tooManyChanges,
    secretsUnreadable,
  ];
  return operation(
    operationId,
    summary,
    description,
    APP_IN_PATH,
    IF_MATCH,
    IF_NONE_MATCH,
    ...CHANGE_IN_QUERY,
    ...parts,
    success(202, 'Workers are told.', 'Accepted', { headers, example: EXAMPLE_ACCEPTED }),
    ...failures(...problems),
  );
}

function jsonBody(schema: string, example: object): MethodDecorator {
  return ApiBody({ required: true, schema: ref(schema), examples: { hello: { value: example } } });
}

function patchBody(): MethodDecorator {
  const environment = { value: { env_vars: { GREETING: 'Good morning', OLD_SETTING: null } } };
  return applyDecorators(
    ApiConsumes(MERGE_PATCH_TYPE, JSON_TYPE),
    ApiBody({ required: true, schema: ref('AppPatch'), examples: { environment } }),
  );
}
