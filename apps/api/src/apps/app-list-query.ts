import { parseAppName } from '@nebula/contracts';
import { invalidQuery, type PageQuery, problemOf, type Query, readPage } from '../http/page-query.js';

/** What the list of apps can be asked for. */
export const APP_LIST_PARAMETERS = ['limit', 'cursor', 'prefix'];

export interface AppListQuery extends PageQuery {
  prefix?: string;
}

/** @throws {ProblemError} with every parameter that is wrong */
export function readAppListQuery(query: Query): AppListQuery {
  const { page, problems } = readPage(query, (key) => parseAppName(key).ok);
  const prefix = query['prefix'] ?? '';
  if (prefix !== '' && !parseAppName(prefix).ok) {
    const message = 'must be the beginning of a name: letters, digits, "_", "." and "-", at most 63';
    problems.push(problemOf('prefix', prefix, message));
  }
  if (problems.length > 0) throw invalidQuery(problems);
  return prefix === '' ? page : { ...page, prefix };
}
