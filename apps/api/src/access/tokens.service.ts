import { Injectable } from '@nestjs/common';
import { Clock, instant } from '../clock.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import { type TokenPage, type TokenRecord, TokenStore } from '../store/token-store.js';
import type { Caller } from './caller.js';
import { isTokenName, readTokenRequest } from './token-request.js';
import { newToken } from './token-secret.js';

/** Stands where a token that is made has what only it has. */
const MASK = '***';

/** Makes and revokes tokens. Every call throws `ProblemError` and `StoreUnavailableError` as those on apps do. */
@Injectable()
export class TokensService {
  constructor(
    private readonly store: TokenStore,
    private readonly clock: Clock,
  ) {}

  async list(query: { limit: number; after?: string }): Promise<TokenPage> {
    return await this.store.list(query);
  }

  async get(name: string): Promise<TokenRecord> {
    const record = isTokenName(name) ? await this.store.get(name) : null;
    if (!record) throw notFound(name);
    return record;
  }

  /**
   * Answers the token itself, too, which can't be read again.
   * @param isDryRun none is made; what would be secret or chosen for it is masked in the answer
   */
  async make(body: unknown, by: Caller, isDryRun: boolean): Promise<{ record: TokenRecord; token: string }> {
    const now = this.clock.now();
    const wish = readTokenRequest(body, now);
    const { token, id, hash } = isDryRun ? { token: MASK, id: MASK, hash: MASK } : newToken();
    const record: TokenRecord = {
      ...{ ...wish, id, hash, created_at: instant(now), created_by: by.name },
      last_used_at: null,
    };
    const isFree = isDryRun ? (await this.store.get(wish.name)) === null : await this.store.insert(record);
    if (isFree) return { record, token };
    throw new ProblemError(PROBLEMS.tokenExists, {
      detail: `There is a token "${wish.name}" already; revoke it first, or choose another name.`,
      errors: [{ pointer: '/name', message: 'is taken' }],
    });
  }

  async revoke(name: string): Promise<void> {
    if (!isTokenName(name) || !(await this.store.remove(name))) throw notFound(name);
  }
}

function notFound(name: string): ProblemError {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  return new ProblemError(PROBLEMS.tokenNotFound, { detail: `There is no token ${shown}.` });
}
