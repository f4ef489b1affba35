/** Exit codes of the program; 69 and 78 are those of sysexits.h. */
export const EXIT = {
  stopped: 0,
  failed: 1,
  usage: 2,
  /** Something that is needed doesn't answer. */
  unavailable: 69,
  configuration: 78,
  /** A second signal ended the program before its shutdown was done. */
  interrupted: 130,
} as const;

/** Why the program can't start, one line per problem, in words for people. */
export class StartError extends Error {
  override readonly name = 'StartError';

  constructor(
    readonly problems: readonly string[],
    readonly exitCode: number = EXIT.configuration,
    options?: ErrorOptions,
  ) {
    super(problems.join('\n'), options);
  }
}
