/** A kind of error, as RFC 9457 has it. `type` is stable: clients tell errors apart by it. */
export interface ProblemType {
  type: string;
  status: number;
  title: string;
}

/** Every kind of error that the api answers. */
export const PROBLEMS = {
  malformedRequest: problem('malformed-request', 400, 'The request is malformed'),
  malformedJson: problem('malformed-json', 400, 'The body is not JSON'),
  malformedYaml: problem('malformed-yaml', 400, 'The body is not YAML that can be taken'),
  malformedHeader: problem('malformed-header', 400, 'A header is malformed'),
  unauthenticated: problem('unauthenticated', 401, 'It is not known who asks'),
  forbidden: problem('forbidden', 403, 'Who asks may not do that'),
  crossSite: problem('cross-site', 403, 'A page of another site asks for a change'),
  unknownPath: problem('unknown-path', 404, 'There is nothing at this path'),
  appNotFound: problem('app-not-found', 404, 'There is no such app'),
  workerNotFound: problem('worker-not-found', 404, 'There is no such worker'),
  revisionNotFound: problem('revision-not-found', 404, 'There is no such revision of the app'),
  tokenNotFound: problem('token-not-found', 404, 'There is no such token'),
  methodNotAllowed: problem('method-not-allowed', 405, 'This path does not know the method'),
  requestTimeout: problem('request-timeout', 408, 'The request took too long to arrive'),
  appExists: problem('app-exists', 409, 'There is an app of that name already'),
  tokenExists: problem('token-exists', 409, 'There is a token of that name already'),
  workerOnline: problem('worker-online', 409, 'The worker is online'),
  workerMaybeOnline: problem('worker-maybe-online', 409, 'It is not known yet whether the worker is online'),
  preconditionFailed: problem('precondition-failed', 412, 'The app is not as the request expects it'),
  bodyTooLarge: problem('body-too-large', 413, 'The body is too large'),
  pathTooLong: problem('path-too-long', 414, 'A part of the path is too long'),
  unsupportedMediaType: problem('unsupported-media-type', 415, 'The body has a type that is not taken here'),
  expectationFailed: problem('expectation-failed', 417, 'The header Expect asks for what is not done here'),
  misdirected: problem('misdirected', 421, 'The request is for another server'),
  invalidSpec: problem('invalid-spec', 422, 'The spec is not valid'),
  noSecretKey: problem('no-secret-key', 422, 'There is no key to keep secrets with'),
  invalidRollback: problem('invalid-rollback', 422, 'The rollback is not valid'),
  invalidToken: problem('invalid-token', 422, 'The token that is asked for is not valid'),
  invalidQuery: problem('invalid-query', 422, 'A query parameter is not valid'),
  unexpectedBody: problem('unexpected-body', 422, 'The body says what this call does not know'),
  tooManyRequests: problem('too-many-requests', 429, 'Too many requests come from this address'),
  tooManyLogins: problem('too-many-logins', 429, 'Too many logins from this address have failed'),
  headersTooLarge: problem('headers-too-large', 431, 'The headers are too large'),
  internalError: problem('internal-error', 500, 'Something went wrong inside'),
  storeUnavailable: problem('store-unavailable', 503, 'The store can not be used at the moment'),
  storeIncompatible: problem('store-incompatible', 503, 'The store is none that this version can use'),
  secretsUnreadable: problem('secrets-unreadable', 503, 'Secrets of the app can not be read'),
  tooManyChanges: problem('too-many-changes', 503, 'Others change the same app too quickly'),
  tooManyStreams: problem('too-many-streams', 503, 'Too many clients listen to events'),
  timedOut: problem('timed-out', 503, 'The request was not answered in time'),
  shuttingDown: problem('shutting-down', 503, 'The api is being stopped'),
  notReady: problem('not-ready', 503, 'Something that the api needs is missing'),
} as const satisfies Record<string, ProblemType>;

function problem<const Name extends string, const Status extends number>(
  name: Name,
  status: Status,
  title: string,
) {
  return { type: `urn:nebula:problem:${name}` as const, status, title };
}
