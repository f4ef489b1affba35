import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SecretKey } from './secret-key.js';

/** Where a value belongs. It is opened there and nowhere else. */
export interface SecretPlace {
  app_name: string;
  variable: string;
}

export type Opened = { ok: true; value: string } | { ok: false; reason: string };

const CIPHER = 'aes-256-gcm';
/** Begins every sealed value, and tells its form. */
const FORM = 'v1';
/** As NIST SP 800-38D has it for random ones: with one key, 2^32 values may be sealed. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals the values of secrets for the store and opens them, by AES-256 in Galois/Counter Mode. A sealed value is
 * `v1:<id of the key>:<base64 of IV, tag and ciphertext>`. The place is authenticated with it, so that who can write to
 * the database can't have one app's secret handed to another.
 */
export class Keyring {
  private readonly keys: ReadonlyMap<string, SecretKey>;
  private readonly first: SecretKey | undefined;

  /** @param keys the first seals, all open; ids are unique */
  constructor(keys: readonly SecretKey[]) {
    this.keys = new Map(keys.map((key) => [key.id, key]));
    [this.first] = keys;
  }

  /** Whether there is a key at all. */
  get canSeal(): boolean {
    return this.first !== undefined;
  }

  /** @throws {Error} when there is no key */
  seal(value: string, place: SecretPlace): string {
    if (!this.first) throw new Error('There is no key to seal a secret with.');
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.first.key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(boundTo(place));
    const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    const sealed = Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64');
    return `${FORM}:${this.first.id}:${sealed}`;
  }

  /** The value, or why it can't be read, in words that fit behind a colon. Never throws. */
  open(sealed: string, place: SecretPlace): Opened {
    const parts = partsOf(sealed);
    if (!parts) return { ok: false, reason: 'it is not in the form of a sealed value' };
    const key = this.keys.get(parts.id);
    if (!key)
      return { ok: false, reason: `it was sealed with the key "${parts.id}", which is not configured` };
    try {
      const decipher = createDecipheriv(CIPHER, key.key, parts.iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(place));
      decipher.setAuthTag(parts.tag);
      const value = Buffer.concat([decipher.update(parts.text), decipher.final()]).toString('utf8');
      return { ok: true, value };
    } catch {
      const reason = `it was changed or moved in the database, or the key "${parts.id}" is another one than then`;
      return { ok: false, reason };
    }
  }

  /** Whether a value is sealed with the key that new ones are sealed with. */
  isNewest(sealed: string): boolean {
    return this.first !== undefined && partsOf(sealed)?.id === this.first.id;
  }
}

function boundTo({ app_name, variable }: SecretPlace): Buffer {
  return Buffer.from(JSON.stringify([FORM, app_name, variable]), 'utf8');
}

function partsOf(sealed: string): { id: string; iv: Buffer; tag: Buffer; text: Buffer } | null {
  const [form, id, base64, ...more] = sealed.split(':');
  if (form !== FORM || !id || base64 === undefined || more.length > 0) return null;
  const bytes = Buffer.from(base64, 'base64');
  const begin = IV_BYTES + TAG_BYTES;
  if (bytes.length < begin) return null;
  return {
    id,
    iv: bytes.subarray(0, IV_BYTES),
    tag: bytes.subarray(IV_BYTES, begin),
    text: bytes.subarray(begin),
  };
}
