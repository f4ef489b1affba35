import { stripVTControlCharacters } from 'node:util';

export const REDACTED = '[redacted]';

/** Names whose value is a secret. The plural `tokens` is a part of every desired state and none. */
const SECRET =
  /passw(or)?d|passphrase|secret|credential|authorization|cookie|api[-_]?key|private[-_]?key|token$|^auth$|auth[-_]?config|registry[-_]?auth$/i;

/** Names whose members are the environment of a container: their names may be shown, their values not. */
const ENVIRONMENT = /^env(_?vars|ironment)?$/i;

/**
 * User and password of a URL, up to the last `@` before the next URL: a password that nobody has encoded can hold `@`
 * and `/`. Where a path holds an `@` too, more than the password is hidden, which is the better mistake.
 */
const PASSWORD_IN_URL = /([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/@"':]*:(?:(?!:\/\/)[^\s"'])*@/gi;

/** A user alone, or a token in its place. */
const USER_IN_URL = /([a-z][a-z0-9+.-]{0,31}:\/\/)[^\s/"']+@/gi;

/** Deeper values are left out; what is logged is meant to be read. */
const MAX_DEPTH = 8;

/**
 * A copy of anything, fit for a log line: JSON alone, no secrets. Secrets are told by the name of their field,
 * and in texts as the user part of a URL, as the credentials of an HTTP header, or as a token of the api.
 */
export function redact(value: unknown): unknown {
  return copy(value, []);
}

/** A text without credentials and without control sequences that a terminal would obey. */
export function redactText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(PASSWORD_IN_URL, `$1${REDACTED}@`)
    .replace(USER_IN_URL, `$1${REDACTED}@`)
    .replace(/\b(nebula_[0-9a-f]{16}_)[\w-]{43}/g, `$1${REDACTED}`)
    .replace(/\b([Bb]asic|[Bb]earer)\s+(?=[a-z]*[A-Z0-9=+/])[\w.~+/=-]{6,}/g, `$1 ${REDACTED}`);
}

function copy(value: unknown, ancestors: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.includes(value)) return '[circular]';
  if (ancestors.length >= MAX_DEPTH) return '[deeper]';
  const path = [...ancestors, value];
  if (isError(value)) return errorFields(value, path);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return copy(Object.fromEntries(value), path);
  if (value instanceof Set) return copy([...value], path);
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, path));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, field(name, member, path)]));
}

function field(name: string, value: unknown, path: readonly object[]): unknown {
  if (value === null || value === undefined) return value;
  if (ENVIRONMENT.test(name)) return environment(value);
  return SECRET.test(name) ? REDACTED : copy(value, path);
}

function environment(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) =>
      typeof item === 'string' ? `${item.split('=')[0]}=${REDACTED}` : REDACTED,
    );
  }
  if (typeof value !== 'object' || value === null) return REDACTED;
  return Object.fromEntries(Object.keys(value).map((name) => [name, REDACTED]));
}

/** By shape, since an error may come from another realm. */
function isError(value: object): value is Error {
  return Object.prototype.toString.call(value) === '[object Error]' || value instanceof Error;
}

function errorFields(error: Error, path: readonly object[]): Record<string, unknown> {
  const { name, message, stack, cause, ...own } = { ...error, ...essentials(error) };
  const shown: Record<string, unknown> = { type: name, message: redactText(String(message)) };
  for (const [key, value] of Object.entries(own)) shown[key] = field(key, value, path);
  if (cause !== undefined) shown['cause'] = copy(cause, path);
  if (typeof stack === 'string') shown['stack'] = redactText(stack);
  return shown;
}

/** What an error has but doesn't list. */
function essentials({
  name,
  message,
  stack,
  cause,
}: Error): Pick<Error, 'name' | 'message' | 'stack' | 'cause'> {
  return { name, message, cause, ...(stack === undefined ? {} : { stack }) };
}
