/** Exit codes, also in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** It didn't work; the last line on the standard error says why. */
  failed: 1,
  /** The command itself is wrong, and nothing was sent. */
  usage: 2,
  /** The time is over, as `timeout` of the coreutils has it. */
  timeout: 124,
  /** Ctrl-C, as shells have it. */
  interrupted: 130,
} as const;

/** The command is wrong as it was typed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It didn't work, for a reason that is said in words for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}

/** Somebody pressed Ctrl-C. */
export class Interrupted extends CommandError {
  /** @param message what is with what was begun */
  constructor(message = 'interrupted') {
    super(message, EXIT.interrupted);
  }
}
