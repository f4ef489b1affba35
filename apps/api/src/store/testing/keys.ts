import { Keyring } from '../secrets/keyring.js';
import type { SecretKey } from '../secrets/secret-key.js';

/** A key of tests, different for each id. */
export function testKey(id: string): SecretKey {
  return { id, key: Buffer.alloc(32, id) };
}

export const TEST_KEYRING = new Keyring([testKey('test')]);
