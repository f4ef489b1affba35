import { describe, expect, it } from '@jest/globals';
import { hasHash, newToken, readToken } from './token-secret.js';

describe('a token', () => {
  it('is found by its id and known by its secret alone', () => {
    const { token, id, hash } = newToken();
    const read = readToken(token);
    expect(read?.id).toBe(id);
    expect(hasHash(read?.secret ?? '', hash)).toBe(true);
    expect(hasHash(readToken(newToken().token)?.secret ?? '', hash)).toBe(false);
    // What is kept has nothing of the secret in it.
    expect(token).not.toContain(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has 256 random bits that are others each time', () => {
    const secrets = Array.from({ length: 100 }, () => readToken(newToken().token)?.secret ?? '');
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  });

  it.each(['', 'nebula_', `nebula_${'0'.repeat(16)}`, `nebula_${'0'.repeat(16)}_short`, 'x'.repeat(67)])(
    'is not %j',
    (text) => {
      expect(readToken(text)).toBeNull();
    },
  );

  it('is no other text with something before or behind', () => {
    const { token } = newToken();
    for (const text of [`${token}x`, `x${token}`, token.toUpperCase(), `${token}\n`])
      expect(readToken(text)).toBeNull();
  });

  it('is not one whose kept hash is damaged', () => {
    const { token } = newToken();
    const { secret = '' } = readToken(token) ?? {};
    for (const hash of ['', 'zz', '00']) expect(hasHash(secret, hash)).toBe(false);
  });
});
