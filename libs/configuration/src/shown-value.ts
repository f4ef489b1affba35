/** Longest value in a line, characters. */
const LONGEST = 80;

const HIDDEN = '[redacted]';

/**
 * All before the last `@`: a password that nobody has encoded can hold any character. A secret parameter with one is
 * hidden first, up to it: what follows may be the rest of that secret or a host, and nobody can tell which.
 */
const BEFORE_AT = /^([a-z][a-z0-9+.-]*:\/\/)?.*@/is;

/** `name:password` with nothing behind it, as when a comma in a password has cut an address in two. */
const CUT_OFF = /(:\/\/[^:/?#@[\]]*:)(?!\d+(?:[/?#]|$)).+/s;

const PARAMETER = /((?:^|[?&;])[^=&;]*(?:passw|passphrase|secret|token|key)[^=&;]*=)[^&;]*/gi;

/**
 * A wrong value as a line about it has it: JSON, shortened, and without credentials. A key that is no secret can hold
 * one all the same, by mistake: people put the address of a broker where only its port belongs.
 */
export function shownValue(value: unknown): string {
  const withoutAny = (_name: string, member: unknown) =>
    typeof member === 'string' ? withoutCredentials(member) : member;
  const text = JSON.stringify(value, withoutAny) ?? 'nothing';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** A value in which every user and password of an address is hidden; rather too much of it than too little. */
export function withoutCredentials(value: string): string {
  return value
    .replace(PARAMETER, (all, name: string) => `${name}${all.includes('@') ? '@' : HIDDEN}`)
    .replace(BEFORE_AT, (_all, scheme: string | undefined) => `${scheme ?? ''}${HIDDEN}@`)
    .replace(CUT_OFF, `$1${HIDDEN}`);
}
