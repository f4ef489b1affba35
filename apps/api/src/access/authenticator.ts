import { Inject, Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { Clock } from '../clock.js';
import {
  credentialsMissing,
  passwordWrong,
  tokenExpired,
  tokenWrong,
  tooManyFailures,
} from './access-problems.js';
import { ANYONE, type Caller } from './caller.js';
import { type Credentials, readCredentials } from './credentials.js';
import type { Failure } from './failed-logins.js';
import { KeyedDigest } from './keyed-digest.js';
import { LoginBrake } from './login-brake.js';
import { LookUpPlaces } from './look-up-places.js';
import { PasswordCheck, TooManyChecksError } from './password-check.js';
import { RecentOutcomes } from './recent-outcomes.js';
import { ALL_RIGHTS } from './rights.js';
import { TokenCheck } from './token-check.js';
import { readToken } from './token-secret.js';

/** After so long a machine that is busy with passwords may be asked again, milliseconds. */
const BUSY_MS = 1_000;

/**
 * Finds out who makes a request. What was right a short time ago is let in also while logins are slowed, from the same
 * address alone: whoever guesses from another one must not be told by it that a guess was right.
 */
@Injectable()
export class Authenticator {
  private readonly digest = new KeyedDigest();
  private readonly failures: LoginBrake;
  /** Of passwords, from wherever they came: a check is paid for once. */
  private readonly recent: RecentOutcomes;
  /** What was right from an address. Nothing wrong is in it, so that guesses can't push out what is right. */
  private readonly letIn: RecentOutcomes;
  /** Of tokens that were not let in before. */
  private readonly places = new LookUpPlaces();
  private readonly password: PasswordCheck | null;
  /** Who has a token of the configuration, by its digest. */
  private readonly configured: ReadonlyMap<string, Caller>;

  constructor(
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'login'>,
    private readonly tokens: TokenCheck,
    clock: Clock,
    private readonly log: ApiLog,
  ) {
    this.failures = new LoginBrake(() => clock.elapsed());
    this.recent = new RecentOutcomes(() => clock.elapsed());
    this.letIn = new RecentOutcomes(() => clock.elapsed());
    const { administrator, auth_token, own_token } = options.login ?? {};
    this.password = administrator ? new PasswordCheck(administrator, this.digest) : null;
    this.configured = new Map(
      [
        { token: own_token, name: 'nebula' },
        { token: auth_token, name: 'auth_token' },
      ].flatMap(({ token, name }) =>
        token === undefined ? [] : [[this.digest.of('bearer', token), administratorNamed(name)] as const],
      ),
    );
  }

  /**
   * Answers at once where nothing has to be waited for, as most requests come from who was let in just before.
   * @param authorization the header
   * @param group of the address from which the request comes: see `addressGroup`
   * @throws {ProblemError} 401 when that can't be told, 429 when too many logins from there have failed
   * @throws {StoreUnavailableError} when a token can't be looked up
   */
  callerOf(authorization: string | undefined, group: string): Caller | Promise<Caller> {
    if (!this.options.login) return ANYONE;
    const credentials = authorization === undefined ? null : readCredentials(authorization);
    if (credentials === null) throw credentialsMissing();
    return credentials.scheme === 'basic'
      ? this.byPassword(credentials, group)
      : this.byToken(credentials.token, group);
  }

  private async byPassword(
    { user, password }: Extract<Credentials, { scheme: 'basic' }>,
    group: string,
  ): Promise<Caller> {
    const digest = this.digest.of('basic', user, password);
    const here = digest + group;
    if (!this.letIn.get(here)) this.refuseWhileSlowed(group);
    const known = this.recent.get(digest);
    if (known && (await decided(known))) return this.let(administratorNamed(user), here);
    // Before the check, which takes time: many tries at once are not one.
    const failure = this.failed(group);
    if (known || !this.password) throw passwordWrong();
    const outcome = this.password.matches(user, password);
    this.recent.set(digest, outcome);
    const right = await decided(outcome).catch((error: unknown) => {
      failure.takeBack();
      throw error;
    });
    if (!right) throw passwordWrong();
    failure.takeBack();
    return this.let(administratorNamed(user), here);
  }

  private byToken(token: string, group: string): Caller | Promise<Caller> {
    const digest = this.digest.of('bearer', token);
    const here = digest + group;
    const isNew = !this.letIn.get(here);
    if (isNew) this.refuseWhileSlowed(group);
    // Digests under a key that nobody knows: how long it takes to find one tells nothing of what they are of.
    const configured = this.configured.get(digest);
    const caller = configured ?? (isNew ? null : this.tokens.atOnce(digest));
    if (caller) return this.let(caller, here);
    if (!isNew) return this.lookUp(token, digest, group);
    if (readToken(token) !== null)
      return this.places.within(group, async () => {
        // Others may have failed while this one waited, or it was let in beside.
        if (!this.letIn.get(here)) this.refuseWhileSlowed(group);
        return await this.lookUp(token, digest, group);
      });
    this.failed(group);
    throw tokenWrong();
  }

  /**
   * Counts as failed only when it is known to be wrong: the 256 random bits of a secret can't be guessed, however many
   * look-ups go on at once, and many right tokens may come from one address at once.
   */
  private async lookUp(token: string, digest: string, group: string): Promise<Caller> {
    const found = await this.tokens.look(token, digest);
    if (found.kind === 'right') return this.let(found.caller, digest + group);
    // Who has an expired one is not guessing.
    if (found.kind === 'expired') throw tokenExpired(found.at);
    this.failed(group);
    throw tokenWrong();
  }

  private let(caller: Caller, here: string): Caller {
    if (!this.letIn.isFresh(here)) this.letIn.set(here, Promise.resolve(true));
    return caller;
  }

  private refuseWhileSlowed(group: string): void {
    const wait = this.failures.wait(group);
    if (wait > 0) throw tooManyFailures(wait);
  }

  private failed(group: string): Failure {
    const failure = this.failures.failed(group);
    if (failure.isSlowed)
      this.log.warn('logins from an address are slowed, as too many of them have failed', { address: group });
    return failure;
  }
}

/** @throws {ProblemError} 429 when the check found no place, of whoever began it */
async function decided(check: Promise<boolean>): Promise<boolean> {
  try {
    return await check;
  } catch (error) {
    throw error instanceof TooManyChecksError ? tooManyFailures(BUSY_MS) : error;
  }
}

function administratorNamed(name: string): Caller {
  return { kind: 'administrator', name, rights: ALL_RIGHTS };
}
