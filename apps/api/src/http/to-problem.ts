import { HttpException } from '@nestjs/common';
import { IncompatibleStoreError, StoreUnavailableError } from '../store/app-store.js';
import { MAX_BODY_BYTES, MAX_DOCUMENT_BYTES } from './body-limit.js';
import { ProblemError, RETRY_LATER } from './problem.js';
import { PROBLEMS, type ProblemType } from './problem-types.js';

interface Known {
  problem: ProblemType;
  detail: string;
}

/** What Fastify's own errors mean for the client, by their code. */
const FASTIFY_ERRORS: Readonly<Record<string, Known>> = {
  FST_ERR_BAD_URL: {
    problem: PROBLEMS.malformedRequest,
    detail: 'The path has a "%" that no two hexadecimal digits of UTF-8 text follow.',
  },
  FST_ERR_MAX_PARAM_LENGTH: { problem: PROBLEMS.pathTooLong, detail: 'A part of the path is too long.' },
  FST_ERR_CTP_BODY_TOO_LARGE: {
    problem: PROBLEMS.bodyTooLarge,
    detail: `The body must be at most ${MAX_BODY_BYTES} bytes, a document of many apps ${MAX_DOCUMENT_BYTES}.`,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    problem: PROBLEMS.unsupportedMediaType,
    detail:
      'The body must be of the type application/json, for PATCH also application/merge-patch+json, for a document of apps also application/yaml.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    problem: PROBLEMS.malformedRequest,
    detail: 'The body is not as long as the header Content-Length says.',
  },
};

/** Any error as a problem. What isn't known becomes an internal error that says nothing about its cause. */
export function toProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof IncompatibleStoreError) {
    const detail =
      'The store was written by a newer version of the program or by another one, or it is being restored; so this api touches nothing of it. Its log says what it is. Trying again does not help until that has changed.';
    return new ProblemError(PROBLEMS.storeIncompatible, { detail, cause: error });
  }
  if (error instanceof StoreUnavailableError) {
    const detail =
      'The store can not be used at the moment. A change may have been stored all the same; look, and try again.';
    return new ProblemError(PROBLEMS.storeUnavailable, { detail, headers: RETRY_LATER, cause: error });
  }
  const known = ownErrorOf(error);
  const code = codeOf(known);
  const fastifyError = code === undefined ? undefined : FASTIFY_ERRORS[code];
  if (fastifyError) return new ProblemError(fastifyError.problem, { ...fastifyError, cause: error });

  const status = statusOf(known);
  if (status === 404) {
    return new ProblemError(PROBLEMS.unknownPath, { detail: 'There is nothing at this path.', cause: error });
  }
  if (status !== undefined && status >= 400 && status < 500) {
    const detail = 'The server could not read the request.';
    return new ProblemError(PROBLEMS.malformedRequest, { detail, cause: error });
  }
  const detail = 'Something went wrong inside. The log has more about it under the id of this instance.';
  return new ProblemError(PROBLEMS.internalError, { detail, cause: error });
}

/** Nest wraps Fastify's errors. */
function ownErrorOf(error: unknown): unknown {
  return error instanceof HttpException && error.cause !== undefined ? error.cause : error;
}

function codeOf(error: unknown): string | undefined {
  return isObject(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return isObject(error) && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/** Errors of Node itself are no `Error` of this realm where the program runs in a context of its own. */
function isObject(error: unknown): error is object {
  return typeof error === 'object' && error !== null;
}
