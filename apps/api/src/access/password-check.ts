import pLimit from 'p-limit';
import type { KeyedDigest } from './keyed-digest.js';
import type { LoginOptions } from './login-options.js';

/** So many checks may wait for their turn. */
const MOST_WAITING = 20;

/** More passwords are to be checked than the machine can bear. */
export class TooManyChecksError extends Error {
  override readonly name = 'TooManyChecksError';
}

/** Whether a configured password is given as a hash: it begins like one of argon2. */
export function isHashed(password: string): boolean {
  return password.startsWith('$argon2');
}

/** Whether a hash is one of argon2id in the form that is taken. */
export function isArgon2idHash(text: string): boolean {
  return /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/.test(
    text,
  );
}

/**
 * Whether a hash can be compared with: what it is made with may be more than this machine has, or argon2 may not be there.
 * @returns what is wrong, null when all is well
 */
export async function hashProblem(hash: string): Promise<string | null> {
  try {
    await (await argon2()).verify(hash, '');
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Compares credentials with those of the configured administrator. */
export class PasswordCheck {
  /** One at a time: argon2 takes a core, and tens of megabytes. */
  private readonly inTurn = pLimit(1);

  constructor(
    private readonly administrator: NonNullable<LoginOptions['administrator']>,
    private readonly digest: KeyedDigest,
  ) {}

  /**
   * Takes as long with a wrong user as with the right one.
   * @throws {TooManyChecksError}
   */
  async matches(user: string, password: string): Promise<boolean> {
    const isUser = this.digest.same(user, this.administrator.user);
    const isPassword = await this.isPassword(password);
    return isUser && isPassword;
  }

  private async isPassword(password: string): Promise<boolean> {
    const { password: configured } = this.administrator;
    if (!isHashed(configured)) return this.digest.same(password, configured);
    if (this.inTurn.pendingCount >= MOST_WAITING) throw new TooManyChecksError();
    return await this.inTurn(async () => (await argon2()).verify(configured, password));
  }
}

/** Loaded by whoever has a hash alone: it is no JavaScript, and can be missing beside a bundle. */
async function argon2() {
  return await import('@node-rs/argon2');
}
