import { type ApiErrorParts, NebulaApiError } from './errors.js';
import type { PlaceOfProblem } from './generated/types.gen.js';
import { retryAfterOf } from './retry.js';

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
  return new NebulaApiError({
    status,
    type: textOf(problem['type']) ?? 'about:blank',
    title: textOf(problem['title']) ?? (response.statusText || `Status ${status}`),
    detail: textOf(problem['detail']) ?? text.slice(0, TOLD),
    errors: placesOf(problem['errors']),
    retryAfter: retryAfterOf(headers),
    requestId: headers.get('x-request-id') ?? instance?.replace(/^urn:uuid:/, '') ?? null,
    method: request.method,
    url: request.url,
    attempts,
    mayBeDone,
  });
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
