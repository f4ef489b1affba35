/** What the header `Authorization` says, by its scheme (RFC 7617, RFC 6750). */
export type Credentials =
  | { scheme: 'basic'; user: string; password: string }
  | { scheme: 'bearer'; token: string };

/** Null when the header is of another scheme, or can't be read. */
export function readCredentials(authorization: string): Credentials | null {
  const [, scheme = '', rest = ''] = /^([A-Za-z]+) +(\S+) *$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic':
      return readBasic(rest);
    case 'bearer':
      return { scheme: 'bearer', token: rest };
    default:
      return null;
  }
}

function readBasic(encoded: string): Credentials | null {
  const bytes = Buffer.from(encoded, 'base64');
  // Node passes over what is no base64.
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return null;
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1
    ? null
    : { scheme: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) };
}
