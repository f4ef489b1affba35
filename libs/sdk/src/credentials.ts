/** Who calls: a token, or user and password, or nobody. */
export interface Credentials {
  /** A bearer token, or what gives one: it is asked before every request, so it can be renewed. */
  token?: string | (() => string | Promise<string>);
  user?: string;
  password?: string;
}

/**
 * What gives the header `Authorization`, null without credentials.
 * @throws {TypeError} when they contradict each other, or can't be sent
 */
export function authorizationOf({ token, user, password }: Credentials): () => Promise<string | null> {
  if (token !== undefined && (user !== undefined || password !== undefined))
    throw new TypeError('token must be given alone, without user and password');
  if (typeof token === 'function') return async () => bearer(await token());
  if (token !== undefined) return always(bearer(token));
  if (user === undefined && password === undefined) return always(null);
  if (user === undefined || password === undefined)
    throw new TypeError('user and password must be given both');
  if (user.includes(':'))
    throw new TypeError('user must have no colon: with basic authentication it ends the name');
  return always(`Basic ${base64(`${user}:${password}`)}`);
}

function bearer(token: string): string {
  // The token itself is a secret.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new TypeError('token must be text without blanks, as the api has shown it');
  return `Bearer ${token}`;
}

/** Of UTF-8, as RFC 7617 has it. */
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function always(value: string | null): () => Promise<string | null> {
  return () => Promise.resolve(value);
}
