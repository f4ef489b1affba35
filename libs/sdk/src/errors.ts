import type { PlaceOfProblem, Problem } from './generated/types.gen.js';
import { isPassing } from './retry.js';

/** Kinds of errors that this version knows. A newer api may answer others. */
export type ProblemType = Problem['type'];

/** Of a kind of error that this version doesn't know, or that isn't Nebula's: `about:blank` of what is no problem. */
type OtherType = string & Record<never, never>;

/** What failed, in the words of RFC 9457. */
export interface ApiErrorParts {
  status: number;
  type: ProblemType | OtherType;
  title: string;
  detail: string;
  errors: readonly PlaceOfProblem[];
  /** Seconds. */
  retryAfter: number | null;
  requestId: string | null;
  method: string;
  url: string;
  attempts: number;
  mayBeDone: boolean;
  location?: string | null;
}

/** Whatever goes wrong with a call, unless it was ended by its own signal: then that signal's reason is thrown. */
export class NebulaError extends Error {
  override readonly name: string = 'NebulaError';
}

/** The api has answered, and the answer is an error. */
export class NebulaApiError extends NebulaError {
  override readonly name = 'NebulaApiError';
  /** Status of HTTP. */
  readonly status: number;
  /** The kind of error, to tell errors apart by: it is stable. `about:blank` when a proxy answered in its own way. */
  readonly type: ProblemType | OtherType;
  /** What the kind of error is called. */
  readonly title: string;
  /** What is wrong with this request. */
  readonly detail: string;
  /** Every place of the body or of the query that is wrong; often none. */
  readonly errors: readonly PlaceOfProblem[];
  /** Seconds after which the same call may succeed; null when the answer doesn't say. */
  readonly retryAfter: number | null;
  /** Name of the request in the log of the api; null when the answer has none. */
  readonly requestId: string | null;
  readonly method: string;
  /** Without credentials: the client refuses an address with any. */
  readonly url: string;
  /** How often it was tried. */
  readonly attempts: number;
  /**
   * Whether an earlier try of this call may have been carried out, as it had no answer, or none that says that nothing
   * was done. A 404 of a deletion can then be its success.
   */
  readonly mayBeDone: boolean;
  /**
   * Where a redirect leads to that was not followed: that of a change never is, as it could arrive there as something
   * else. Null of any other answer, and where it isn't known, as in a browser.
   */
  readonly location: string | null;

  constructor(parts: ApiErrorParts) {
    super(`${parts.method} ${parts.url} was answered with ${parts.status}: ${parts.detail || parts.title}`);
    this.status = parts.status;
    this.type = parts.type;
    this.title = parts.title;
    this.detail = parts.detail;
    this.errors = parts.errors;
    this.retryAfter = parts.retryAfter;
    this.requestId = parts.requestId;
    this.method = parts.method;
    this.url = parts.url;
    this.attempts = parts.attempts;
    this.mayBeDone = parts.mayBeDone;
    this.location = parts.location ?? null;
  }
}

/** There is no answer: no such server, no connection, a certificate that is not trusted. `cause` says more. */
export class NebulaConnectionError extends NebulaError {
  override readonly name = 'NebulaConnectionError';
}

/** There was no answer within the time limit. A change may have been made or not: look before you try again. */
export class NebulaTimeoutError extends NebulaError {
  override readonly name = 'NebulaTimeoutError';
}

/** Whether the same call may succeed a little later. */
export function isTransient(
  error: unknown,
): error is NebulaApiError | NebulaConnectionError | NebulaTimeoutError {
  if (error instanceof NebulaApiError) return isPassing(error.status);
  return error instanceof NebulaConnectionError || error instanceof NebulaTimeoutError;
}
