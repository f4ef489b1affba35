/** Shorter values (`1`, `on`) are no secrets, and hiding them would make a text unreadable. */
const SHORTEST_SECRET = 4;

/** Variables whose values everybody may know. */
const PLAIN = new Set(['PATH', 'HOME', 'NEBULA_APP_NAME', 'NEBULA_REPLICA', 'NEBULA_NODE']);

/** A text in which the values of a container's environment (`NAME=value`) are hidden. */
export function withoutValues(text: string, environment: readonly string[]): string {
  const values = environment
    .map((variable) => [variable.split('=', 1)[0] ?? '', variable.slice(variable.indexOf('=') + 1)] as const)
    .filter(([name, value]) => !PLAIN.has(name) && value.length >= SHORTEST_SECRET)
    .map(([, value]) => value);
  // The longest first: one value may be a part of another.
  return values
    .toSorted((a, b) => b.length - a.length)
    .reduce((hidden, value) => hidden.replaceAll(value, '[redacted]'), text);
}
