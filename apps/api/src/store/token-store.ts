/** A token as the database keeps it: without its secret. */
export interface TokenRecord {
  /** For people; each is used once at a time. */
  name: string;
  /** In the token itself, by which it is found. Another one when the name is used again. */
  id: string;
  /** SHA-256 of the secret, in hexadecimal. */
  hash: string;
  rights: 'ro' | 'rw';
  /** Names of apps, or `prefix*`, to which it is limited; null: all. */
  apps: string[] | null;
  /** ISO 8601, as all times here. */
  created_at: string;
  /** Name of the caller who made it. */
  created_by: string;
  /** Null: never. */
  expires_at: string | null;
  /** At most a minute older than the last use; null: never used. */
  last_used_at: string | null;
}

export interface TokenPage {
  items: TokenRecord[];
  /** Name of the last item when there are more, else null. */
  next_after: string | null;
}

/**
 * Where tokens are kept. As with apps, every change is one conditional update of one record. What one instance has
 * removed no other finds from then on. Every call rejects with `StoreUnavailableError` when the store can't be reached.
 */
export abstract class TokenStore {
  abstract get(name: string): Promise<TokenRecord | null>;
  abstract byId(id: string): Promise<TokenRecord | null>;

  /**
   * What `byId` would answer, where the store can tell without waiting; null where it can't, too.
   * @throws {StoreUnavailableError} when the store can't be reached
   */
  atOnce(_id: string): TokenRecord | null {
    return null;
  }

  /** By name (code unit order), after `after`. */
  abstract list(query: { limit: number; after?: string }): Promise<TokenPage>;
  /** Stores a token under a new name; false when there is one already. */
  abstract insert(record: TokenRecord): Promise<boolean>;
  /** Removes a token; false when there is none of that name. */
  abstract remove(name: string): Promise<boolean>;
  /** Notes a use at this time, unless a later one is known or the name is another token's by now. */
  abstract noteUse(token: { name: string; id: string }, at: string): Promise<void>;
}
