/** A key for the values of secrets. */
export interface SecretKey {
  /** Kept with every value that it has sealed. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

export const SECRET_KEY_BYTES = 32;

/** What an id may be; it stands between colons in what is stored. */
const ID = /^[A-Za-z0-9_.-]{1,32}$/;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** What a key looks like, in words that fit behind "must be". */
export const SECRET_KEY_FORM =
  '<id>:<32 bytes in base64>, the id of letters, digits, "_", "." and "-", as `echo "k1:$(openssl rand -base64 32)"` makes it';

/**
 * Reads keys in the form `id:base64`. The first is the one that new values are sealed with.
 * @returns the keys, or a line for each that is wrong, which shows nothing of it but its place
 */
export function parseSecretKeys(
  texts: readonly string[],
): { keys: SecretKey[]; problems?: never } | { keys?: never; problems: string[] } {
  const keys: SecretKey[] = [];
  const problems: string[] = [];
  for (const [index, text] of texts.entries()) {
    const key = parseSecretKey(text);
    if (!key) problems.push(`item ${index + 1} must be ${SECRET_KEY_FORM}`);
    else if (keys.some(({ id }) => id === key.id)) {
      problems.push(`item ${index + 1} has the id "${key.id}", which another has too`);
    } else keys.push(key);
  }
  return problems.length > 0 ? { problems } : { keys };
}

function parseSecretKey(text: string): SecretKey | null {
  const [id = '', base64 = '', ...more] = text.trim().split(':');
  if (more.length > 0 || !ID.test(id) || !BASE64.test(base64)) return null;
  const key = Buffer.from(base64, 'base64');
  return key.length === SECRET_KEY_BYTES ? { id, key } : null;
}
