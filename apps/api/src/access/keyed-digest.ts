import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Digests of secrets under a key that nobody knows and that ends with the process: they can be kept and compared in
 * place of what they are of, and tell nothing about it to who reads the memory later.
 *
 * SHA-256 of the key and the text, as each request pays for some. HMAC would cost several times as much, and its
 * protection is for digests that are shown to others, who could lengthen them; these never leave the process.
 */
export class KeyedDigest {
  private readonly key = randomBytes(32).toString('hex');

  /** The digest of a list of texts, as a text. Other lists have others, wherever a text is cut in two. */
  of(...texts: readonly string[]): string {
    let list = this.key;
    for (const text of texts) list += `${text.length}:${text}`;
    return hash('sha256', list, 'base64');
  }

  /** Whether two texts are the same, in a time that depends on neither but for their lengths. */
  same(one: string, other: string): boolean {
    return timingSafeEqual(this.bytesOf(one), this.bytesOf(other));
  }

  private bytesOf(text: string): Buffer {
    return hash('sha256', this.key + text, 'buffer');
  }
}
