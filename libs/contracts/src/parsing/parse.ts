/** One thing that is wrong with an input. */
export interface FieldProblem {
  /** JSON Pointer (RFC 6901) to the field, `''` for the whole input. */
  pointer: string;
  /** The offending value, shortened when it is long; absent when the field is missing. */
  value?: unknown;
  /** What is wrong and what would be right, for people. */
  message: string;
}

export type ParseResult<T> = { ok: true; value: T } | { ok: false; problems: FieldProblem[] };
