/**
 * What is wrong with the address of a management plugin, a line or none. It isn't shown: it may hold a password,
 * also in a place where no parser looks for one.
 * @param key what the line begins with
 */
export function managementUrlProblems(key: string, text: string): string[] {
  // A password with a slash in it looks like a host, a port and a path with an "@".
  if (text.includes('@'))
    return [`${key} must hold no user and no password; the administrator has keys of its own`];
  const isWhole = URL.canParse(text) && /^https?:\/\/[^/]/i.test(text);
  return isWhole ? [] : [`${key} must be http://host:port or https://host:port, with a port of 1 to 65535`];
}
