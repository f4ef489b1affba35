/** There is no key to keep the secrets of an app with, which is to be asked before one is stored. */
export class NoSecretKeyError extends Error {
  override readonly name = 'NoSecretKeyError';

  constructor() {
    super('there is no key to keep secrets with');
  }
}

/** Values of an app's secrets can't be read from the store. */
export class SecretsUnreadableError extends Error {
  override readonly name = 'SecretsUnreadableError';

  /** @param reasons by the name of the variable; without any value */
  constructor(
    readonly app_name: string,
    readonly reasons: Readonly<Record<string, string>>,
  ) {
    const each = Object.entries(reasons).map(([name, reason]) => `${JSON.stringify(name)}: ${reason}`);
    super(`secrets of ${app_name} can not be read (${each.join('; ')})`);
  }
}
