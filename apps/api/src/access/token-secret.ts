import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * What a token looks like: `nebula_<id>_<secret>`. By the prefix people and scanners know where it is from; by the id it
 * is found, so that nothing secret is looked for in a database.
 */
const FORM = /^nebula_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export interface NewToken {
  /** For its owner, and nobody else. */
  token: string;
  id: string;
  hash: string;
}

export function newToken(): NewToken {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { token: `nebula_${id}_${secret}`, id, hash: hashOf(secret) };
}

/** Null when a text is no token of this form. */
export function readToken(token: string): { id: string; secret: string } | null {
  const [, id, secret] = FORM.exec(token) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

/** In a time that doesn't tell where they differ. */
export function hasHash(secret: string, known: string): boolean {
  const expected = Buffer.from(known, 'hex');
  const found = Buffer.from(hashOf(secret), 'hex');
  return expected.length === found.length && timingSafeEqual(expected, found);
}

/**
 * SHA-256 once: a secret of 256 random bits can't be guessed, however fast guesses are. A slow hash like argon2id is for
 * what people choose, and would be paid for with each request here.
 */
function hashOf(secret: string): string {
  return hash('sha256', secret, 'hex');
}
