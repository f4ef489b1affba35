import type { TokenRecord } from '../store/token-store.js';
import type { Caller } from './caller.js';
import { hasHash, readToken } from './token-secret.js';

/** So many are remembered. */
const REMEMBERED = 1_000;

/** A token whose secret has the hash of a record. */
export interface ProvenToken {
  record: TokenRecord;
  caller: Caller;
  /** Milliseconds since 1970, as all times here; infinite when it never expires. */
  expires: number;
  /** The last use that was noted; minus infinity when there was none. */
  lastUsed: number;
}

/**
 * Tokens whose secrets were compared with the hashes of their records. A record that is still the same one, or has the
 * same hash, needs no second look at the secret; what it says besides is taken from it each time. Neither tokens nor
 * secrets are kept, but digests under a key that ends with the process.
 */
export class ProvenTokens {
  /** The oldest first. */
  private readonly proven = new Map<string, ProvenToken>();

  /** A token that was proven before, by whatever record it had then. */
  get(digest: string): ProvenToken | undefined {
    return this.proven.get(digest);
  }

  /**
   * The id under which the record of a token is found; null when the token is none of this form.
   * @param digest of the token
   */
  idOf(token: string, digest: string): string | null {
    return this.proven.get(digest)?.record.id ?? readToken(token)?.id ?? null;
  }

  /**
   * What a token is by its record; null when it has another secret.
   * @param digest of the token
   * @param record as the store has it now
   */
  prove(token: string, digest: string, record: TokenRecord): ProvenToken | null {
    const before = this.proven.get(digest);
    if (before?.record === record) return before;
    if (before?.record.hash !== record.hash) {
      const secret = readToken(token)?.secret;
      if (secret === undefined || !hasHash(secret, record.hash)) return null;
    }
    return this.remember(digest, {
      ...{ record, caller: callerWith(record) },
      expires: timeOf(record.expires_at) ?? Number.POSITIVE_INFINITY,
      lastUsed: timeOf(record.last_used_at) ?? Number.NEGATIVE_INFINITY,
    });
  }

  private remember(digest: string, token: ProvenToken): ProvenToken {
    this.proven.set(digest, token);
    if (this.proven.size > REMEMBERED) {
      const [oldest] = this.proven.keys();
      if (oldest !== undefined) this.proven.delete(oldest);
    }
    return token;
  }
}

function timeOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

function callerWith({ name, id, rights, apps }: TokenRecord): Caller {
  const level = rights === 'rw' ? 'write' : 'read';
  return { kind: 'token', name: `token:${name}`, token: id, rights: { level, apps } };
}
