/** A place in a list as clients carry it: opaque to them, base64url of the last item's key. */
export function encodeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

/** The key in a cursor; null when the text is no cursor that `encodeCursor` made. */
export function decodeCursor(cursor: string): string | null {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  return key !== '' && encodeCursor(key) === cursor ? key : null;
}
