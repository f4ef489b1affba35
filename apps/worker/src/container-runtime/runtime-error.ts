/**
 * Why the engine refused. `unavailable`: it doesn't answer, or can't say what became of what it was asked. `missing`: the image, network or container isn't
 * there. `conflict`: the name is taken or a removal is in progress. `port-taken`: a host port is in use.
 * `invalid`: the engine can't make or start this, now or later (bad command, bad option). `unsupported`: this engine has no
 * such act; its facts say so.
 */
export type RuntimeErrorKind =
  | 'unavailable'
  | 'missing'
  | 'conflict'
  | 'port-taken'
  | 'invalid'
  | 'unsupported'
  | 'other';

/** A failure of the engine in domain terms, mapped once, by status code, in the adapter. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';

  constructor(
    readonly kind: RuntimeErrorKind,
    /** The engine's own words. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Trying the same again can't help. */
  get terminal(): boolean {
    return this.kind === 'invalid' || this.kind === 'unsupported';
  }
}
