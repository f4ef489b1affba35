import { type ApiErrorParts, NebulaApiError } from './errors.js';
import type { PlaceOfProblem } from './generated/types.gen.js';
import { retryAfterOf } from './retry.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** So much of an answer that is no problem is told, characters. */
const TOLD = 200;

/**
 * The error that an answer stands for. Reads its body.
 * @param tries of the call, this one too, and what may have come of those before
 */
export async function apiErrorOf(
  request: Request,
  response: Response,
  { attempts, mayBeDone }: Pick<ApiErrorParts, 'attempts' | 'mayBeDone'>,
): Promise<NebulaApiError> {
  const { status, headers } = response;
  const text = await response.text();
  const problem = membersOf(text);
  const instance = textOf(problem['instance']);
  const location = locationOf(request, response);
  const redirected = isRedirect(response)
    ? `It is redirected to ${location ?? 'an address that is not told here'}, and was not sent on: use that address.`
    : null;
  return new NebulaApiError({
    status,
    type: textOf(problem['type']) ?? 'about:blank',
    title: textOf(problem['title']) ?? (response.statusText || `Status ${status}`),
    detail: redirected ?? textOf(problem['detail']) ?? text.slice(0, TOLD),
    location,
    errors: placesOf(problem['errors']),
    retryAfter: retryAfterOf(headers),
    requestId: headers.get('x-request-id') ?? instance?.replace(/^urn:uuid:/, '') ?? null,
    method: request.method,
    url: request.url,
    attempts,
    mayBeDone,
  });
}

/** Browsers show a redirect that is not followed as an answer without a status, and not where it leads to. */
function isRedirect({ status, type }: Response): boolean {
  return REDIRECTS.has(status) || type === 'opaqueredirect';
}

/** Where an answer sends on to, without what may be a secret there: user, password and query. */
function locationOf({ url }: Request, response: Response): string | null {
  const location = isRedirect(response) ? response.headers.get('location') : null;
  if (location === null) return null;
  try {
    const { protocol, origin, pathname } = new URL(location, url);
    return /^https?:$/.test(protocol) ? `${origin}${pathname}` : null;
  } catch {
    return null;
  }
}

/** None when the text is no object of JSON. */
function membersOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function placesOf(value: unknown): readonly PlaceOfProblem[] {
  return Array.isArray(value) ? (value as PlaceOfProblem[]) : [];
}
