import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock, instant } from '../clock.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { TokenStore } from '../store/token-store.js';
import type { Caller } from './caller.js';
import { type ProvenToken, ProvenTokens } from './proven-tokens.js';

/** A use is noted when the last one that was noted is so old, milliseconds. */
const NOTED_EVERY_MS = 60_000;

/** What a token is found to be. `at`: when it expired. */
export type FoundToken =
  | { kind: 'right'; caller: Caller }
  | { kind: 'expired'; at: string }
  | { kind: 'unknown' };

/** Looks tokens up. The store is asked each time, so that one that is revoked is refused by every instance at once. */
@Injectable()
export class TokenCheck {
  /** Names of those whose use is being noted. */
  private readonly noting = new Set<string>();
  private readonly proven = new ProvenTokens();

  constructor(
    private readonly store: TokenStore,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  /**
   * Whose token it is, where it was proven before and that can be told without waiting: the store has the same record at this
   * moment, which has not expired. Null says nothing; `look` finds out.
   * @param digest of the token, under a key of this process
   * @throws {StoreUnavailableError} when the store is away
   */
  atOnce(digest: string): Caller | null {
    const proven = this.proven.get(digest);
    if (!proven || this.store.atOnce(proven.record.id) !== proven.record) return null;
    const now = this.clock.now();
    if (proven.expires <= now) return null;
    this.noteUse(proven, now);
    return proven.caller;
  }

  /**
   * @param digest of the token, under a key of this process
   * @throws {StoreUnavailableError} when the store is away
   */
  async look(token: string, digest: string): Promise<FoundToken> {
    const id = this.proven.idOf(token, digest);
    const record = id === null ? null : await this.store.byId(id);
    const found = record && this.proven.prove(token, digest, record);
    if (!found) return { kind: 'unknown' };
    const now = this.clock.now();
    const { expires_at } = found.record;
    if (expires_at !== null && found.expires <= now) return { kind: 'expired', at: expires_at };
    this.noteUse(found, now);
    return { kind: 'right', caller: found.caller };
  }

  /**
   * Whether who was let in some time ago still would be.
   * @throws {StoreUnavailableError} when the store is away
   */
  async holds({ token }: Caller): Promise<boolean> {
    if (token === undefined) return true;
    const record = await this.store.byId(token);
    if (record?.expires_at === null) return true;
    return record !== null && Date.parse(record.expires_at) > this.clock.now();
  }

  /** Nobody waits for it, and nothing depends on it. */
  private noteUse({ record: { name, id }, lastUsed }: ProvenToken, now: number): void {
    if (now - lastUsed < NOTED_EVERY_MS || this.noting.has(name)) return;
    this.noting.add(name);
    this.store
      .noteUse({ name, id }, instant(now))
      .catch((error: unknown) => {
        // An outage is told elsewhere, and the next use is noted in place of this one.
        if (!(error instanceof StoreUnavailableError))
          this.log.error('the use of a token could not be noted', { name }, error);
      })
      .finally(() => this.noting.delete(name));
  }
}
