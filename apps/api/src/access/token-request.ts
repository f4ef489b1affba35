import { type FieldProblem, parseAppName } from '@nebula/contracts';
import { instant } from '../clock.js';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import type { TokenRecord } from '../store/token-store.js';

/** What is asked for when a token is made. */
export type TokenRequest = Pick<TokenRecord, 'name' | 'rights' | 'apps' | 'expires_at'>;

const FIELDS = ['name', 'rights', 'apps', 'expires_at'];

/** Most apps and prefixes of one token. */
export const MOST_PATTERNS = 100;

/** A name of a token is one that an app could have: it stands in paths and in records of who did what. */
export function isTokenName(name: string): boolean {
  return parseAppName(name).ok;
}

/**
 * @param now milliseconds since 1970
 * @throws {ProblemError} with all that is wrong
 */
export function readTokenRequest(body: unknown, now: number): TokenRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid([{ pointer: '', message: 'must be an object' }]);
  }
  const { name, rights, apps, expires_at } = body as Readonly<Record<string, unknown>>;
  const problems = [
    ...Object.keys(body).flatMap((field) => unknownField(field)),
    ...nameProblems(name),
    ...rightsProblems(rights),
    ...appsProblems(apps),
    ...expiryProblems(expires_at, now),
  ];
  if (problems.length > 0) throw invalid(problems);
  return {
    name: name as string,
    rights: rights as 'ro' | 'rw',
    apps: (apps as string[] | null | undefined) ?? null,
    expires_at: typeof expires_at === 'string' ? instant(Date.parse(expires_at)) : null,
  };
}

function unknownField(field: string): FieldProblem[] {
  if (FIELDS.includes(field)) return [];
  const pointer = `/${field.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return [{ pointer, message: `is not known here; a token has ${FIELDS.join(', ')}` }];
}

function nameProblems(name: unknown): FieldProblem[] {
  if (typeof name === 'string' && isTokenName(name)) return [];
  const message = 'must be 1 to 63 letters, digits, "_", "." and "-", beginning with a letter or digit';
  return [{ pointer: '/name', ...shown(name), message }];
}

function rightsProblems(rights: unknown): FieldProblem[] {
  if (rights === 'ro' || rights === 'rw') return [];
  return [{ pointer: '/rights', ...shown(rights), message: 'must be "ro" (read) or "rw" (read and change)' }];
}

function appsProblems(apps: unknown): FieldProblem[] {
  if (apps === undefined || apps === null) return [];
  if (!Array.isArray(apps) || apps.length < 1 || apps.length > MOST_PATTERNS) {
    const message = `must be a list of 1 to ${MOST_PATTERNS} names or beginnings of names; left out, the token is for all apps`;
    return [{ pointer: '/apps', message }];
  }
  const message = 'must be the name of an app, or the beginning of names with a "*" behind it, like "shop-*"';
  return apps.flatMap((pattern: unknown, index) =>
    isPattern(pattern) ? [] : [{ pointer: `/apps/${index}`, ...shown(pattern), message }],
  );
}

function isPattern(pattern: unknown): boolean {
  if (typeof pattern !== 'string') return false;
  return parseAppName(pattern.endsWith('*') ? pattern.slice(0, -1) : pattern).ok;
}

function expiryProblems(expires: unknown, now: number): FieldProblem[] {
  if (expires === undefined || expires === null) return [];
  const at = typeof expires === 'string' ? momentOf(expires) : null;
  if (at === null) {
    const message = 'must be an instant with its time zone, like 2027-01-31T12:00:00Z';
    return [{ pointer: '/expires_at', ...shown(expires), message }];
  }
  if (at > now) return [];
  return [{ pointer: '/expires_at', ...shown(expires), message: 'must be in the future' }];
}

/** With a time zone: a text without one would be read as the server's. */
const MOMENT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970; null for what is no moment of RFC 3339, or is in UTC of a year that has not four digits. */
function momentOf(text: string): number | null {
  const minute = MOMENT.exec(text)?.[1];
  const at = Date.parse(text);
  if (minute === undefined || Number.isNaN(at)) return null;
  // A day that its month lacks would be read as one of the next month.
  const isRead = instant(Date.parse(`${minute}Z`)).startsWith(minute);
  return isRead && /^\d{4}-/.test(instant(at)) ? at : null;
}

function shown(value: unknown): { value?: unknown } {
  if (typeof value === 'string') return { value: value.slice(0, 80) };
  return typeof value === 'number' || typeof value === 'boolean' ? { value } : {};
}

function invalid(errors: readonly FieldProblem[]): ProblemError {
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  const place = first?.pointer === '' ? 'The body' : (first?.pointer ?? '');
  const detail = `${place} ${first?.message ?? ''}${more}.`;
  return new ProblemError(PROBLEMS.invalidToken, { detail, errors: errors.slice(0, 50) });
}
