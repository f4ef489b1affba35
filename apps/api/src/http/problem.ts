import type { FieldProblem } from '@nebula/contracts';
import type { ProblemType } from './problem-types.js';

/** A query parameter or header that is wrong. */
export interface ParameterProblem {
  parameter: string;
  value?: unknown;
  message: string;
}

export interface ProblemParts {
  /** What is wrong with this request, for people. No internals and no secrets. */
  detail: string;
  /** Every place that is wrong. */
  errors?: readonly (FieldProblem | ParameterProblem)[];
  headers?: Readonly<Record<string, string>>;
  /** More members of the answer. */
  extensions?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** An error that is answered as RFC 9457 says. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly problem: ProblemType,
    private readonly parts: ProblemParts,
  ) {
    super(parts.detail, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.headers = parts.headers ?? {};
  }

  /**
   * The body of the answer.
   * @param requestId UUID of the request; log lines about it have the same
   */
  body(requestId: string): Record<string, unknown> {
    const { type, title, status } = this.problem;
    const { detail, errors, extensions } = this.parts;
    return {
      ...{ type, title, status, detail, instance: `urn:uuid:${requestId}` },
      ...(errors ? { errors } : {}),
      ...extensions,
    };
  }
}

/** Seconds after which a request that met a 503 may be tried again. */
const RETRY_AFTER_SECONDS = 2;

export const RETRY_LATER: Readonly<Record<string, string>> = { 'retry-after': String(RETRY_AFTER_SECONDS) };

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
