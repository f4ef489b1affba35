import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import {
  type EtagCondition,
  etagOf,
  matchesStrongly,
  matchesWeakly,
  parseEtags,
  type Tagged,
} from './etag.js';

/** What a request expects of the app's state, from its headers. */
export interface Preconditions {
  ifMatch?: EtagCondition;
  ifNoneMatch?: EtagCondition;
}

/**
 * Reads the headers, whose names are in lower case.
 * @throws {ProblemError} when one isn't a list of entity tags: ignoring it could overwrite what it should protect
 */
export function readPreconditions(headers: Readonly<Record<string, unknown>>): Preconditions {
  const ifMatch = readHeader('If-Match', headers['if-match']);
  const ifNoneMatch = readHeader('If-None-Match', headers['if-none-match']);
  return { ...(ifMatch ? { ifMatch } : {}), ...(ifNoneMatch ? { ifNoneMatch } : {}) };
}

/**
 * Compares with what is there before it is changed.
 * @param app null when there is none
 * @throws {ProblemError} when the app isn't as expected
 */
export function requirePreconditions({ ifMatch, ifNoneMatch }: Preconditions, app: Tagged | null): void {
  const now = app === null ? 'there is no such app' : `its ETag is ${etagOf(app)}`;
  const headers = app === null ? {} : { etag: etagOf(app) };
  if (ifMatch && (app === null || !matchesStrongly(ifMatch, app))) {
    const detail = `If-Match does not hold: ${now}.`;
    throw new ProblemError(PROBLEMS.preconditionFailed, { detail, headers });
  }
  if (ifNoneMatch && app !== null && matchesWeakly(ifNoneMatch, app)) {
    const detail = `If-None-Match does not hold: ${now}.`;
    throw new ProblemError(PROBLEMS.preconditionFailed, { detail, headers });
  }
}

function readHeader(name: string, value: unknown): EtagCondition | undefined {
  if (typeof value !== 'string') return undefined;
  const condition = parseEtags(value);
  if (condition) return condition;
  const message = 'must be * or a list of entity tags in quotation marks, like "7-mb2k9x1c"';
  throw new ProblemError(PROBLEMS.malformedHeader, {
    detail: `${name} ${message}.`,
    errors: [{ parameter: name, value: value.slice(0, 200), message }],
  });
}
