/** Why a program can't start with its configuration. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  /** @param problems one line for each: key, value (unless it is secret), and what would be right */
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
