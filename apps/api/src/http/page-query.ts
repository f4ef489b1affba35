import { decodeCursor } from './cursor.js';
import { type ParameterProblem, ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

export const DEFAULT_LIMIT = 100;
export const HIGHEST_LIMIT = 1000;

const LONGEST_VALUE = 200;

/** Which part of a list is asked for. */
export interface PageQuery {
  limit: number;
  /** Key of the last item of the page before. */
  after?: string;
}

/** The query parameters of a request; those that are unknown or given twice were refused before. */
export type Query = Readonly<Record<string, string>>;

/**
 * Reads `limit` and `cursor`.
 * @param isKey whether a text can be the key of an item of this list
 */
export function readPage(
  query: Query,
  isKey: (key: string) => boolean,
): { page: PageQuery; problems: ParameterProblem[] } {
  const problems: ParameterProblem[] = [];
  const limit = query['limit'] === undefined ? DEFAULT_LIMIT : readLimit(query['limit']);
  if (limit === null) {
    const message = `must be a whole number, 1 to ${HIGHEST_LIMIT}`;
    problems.push(problemOf('limit', query['limit'], message));
  }
  const cursor = query['cursor'];
  const after = cursor === undefined ? null : decodeCursor(cursor);
  if (cursor !== undefined && (after === null || !isKey(after))) {
    problems.push(problemOf('cursor', cursor, 'must be the next_cursor of an earlier answer of this list'));
  }
  const page = { limit: limit ?? DEFAULT_LIMIT, ...(after === null ? {} : { after }) };
  return { page, problems };
}

export function problemOf(parameter: string, value: string | undefined, message: string): ParameterProblem {
  return { parameter, value: value?.slice(0, LONGEST_VALUE), message };
}

export function invalidQuery(errors: readonly ParameterProblem[]): ProblemError {
  const detail = errors.map(({ parameter, message }) => `${parameter} ${message}`).join('; ');
  return new ProblemError(PROBLEMS.invalidQuery, { detail: `${detail}.`, errors });
}

function readLimit(text: string): number | null {
  const limit = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= HIGHEST_LIMIT ? limit : null;
}
