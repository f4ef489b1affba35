import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';

/** Of an app that is there. */
export function revisionNotFound(revision: number | string): ProblemError {
  return new ProblemError(PROBLEMS.revisionNotFound, {
    detail: `The app has no revision ${String(revision).slice(0, 20)}: it was never made, or is forgotten.`,
  });
}

/** Of a revision that is kept, when the one before isn't. */
export function previousGone(appName: string, revision: number): ProblemError {
  return new ProblemError(PROBLEMS.revisionNotFound, {
    detail: `No revision of ${appName} before ${revision} is kept, so nothing can be compared with it.`,
  });
}

/** Of a rollback to the revision of a deletion. */
export function deletedThen(appName: string, revision: number): ProblemError {
  return invalidRollback(
    `is a revision that deleted ${appName}: delete it, or go back to an earlier one`,
    revision,
  );
}

/** @param message what is wrong with the revision to go back to; it reads on from `/to` */
export function invalidRollback(message: string, value?: unknown): ProblemError {
  const place = { pointer: '/to', ...(value === undefined ? {} : { value }), message };
  return new ProblemError(PROBLEMS.invalidRollback, { detail: `/to ${message}.`, errors: [place] });
}
