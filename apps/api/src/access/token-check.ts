import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock, instant } from '../clock.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { type TokenRecord, TokenStore } from '../store/token-store.js';
import type { Caller } from './caller.js';
import { hasHash, readToken } from './token-secret.js';

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

  constructor(
    private readonly store: TokenStore,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  /** @throws {StoreUnavailableError} when the store is away */
  async look(token: string): Promise<FoundToken> {
    const given = readToken(token);
    if (!given) return { kind: 'unknown' };
    const record = await this.store.byId(given.id);
    if (!record || !hasHash(given.secret, record.hash)) return { kind: 'unknown' };
    const now = this.clock.now();
    if (hasExpired(record, now)) return { kind: 'expired', at: record.expires_at };
    this.noteUse(record, now);
    return { kind: 'right', caller: callerWith(record) };
  }

  /**
   * Whether who was let in some time ago still would be.
   * @throws {StoreUnavailableError} when the store is away
   */
  async holds({ token }: Caller): Promise<boolean> {
    if (token === undefined) return true;
    const record = await this.store.byId(token);
    return record !== null && !hasExpired(record, this.clock.now());
  }

  /** Nobody waits for it, and nothing depends on it. */
  private noteUse({ name, id, last_used_at }: TokenRecord, now: number): void {
    const last = last_used_at === null ? Number.NEGATIVE_INFINITY : Date.parse(last_used_at);
    if (now - last < NOTED_EVERY_MS || this.noting.has(name)) return;
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

function hasExpired(record: TokenRecord, now: number): record is TokenRecord & { expires_at: string } {
  return record.expires_at !== null && Date.parse(record.expires_at) <= now;
}

function callerWith({ name, id, rights, apps }: TokenRecord): Caller {
  const level = rights === 'rw' ? 'write' : 'read';
  return { kind: 'token', name: `token:${name}`, token: id, rights: { level, apps } };
}
