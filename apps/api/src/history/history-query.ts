import { invalidQuery, problemOf, type Query, readPage } from '../http/page-query.js';

/** What the list of revisions can be asked for. */
export const HISTORY_PARAMETERS = ['limit', 'cursor'];

/** What a comparison can be asked for. */
export const DIFF_PARAMETERS = ['from', 'to'];

/** @throws {ProblemError} with every parameter that is wrong */
export function readHistoryQuery(query: Query): { limit: number; before?: number } {
  const { page, problems } = readPage(query, (key) => readRevision(key) !== null);
  if (problems.length > 0) throw invalidQuery(problems);
  const before = page.after === undefined ? null : readRevision(page.after);
  return { limit: page.limit, ...(before === null ? {} : { before }) };
}

/** @throws {ProblemError} with every parameter that is wrong */
export function readDiffQuery(query: Query): { from?: number; to?: number } {
  const given = DIFF_PARAMETERS.flatMap((name) => {
    const text = query[name];
    return text === undefined ? [] : [{ name, text, revision: readRevision(text) }];
  });
  const wrong = given.filter(({ revision }) => revision === null);
  if (wrong.length > 0) {
    const message = 'must be a revision: a whole number from 1';
    throw invalidQuery(wrong.map(({ name, text }) => problemOf(name, text, message)));
  }
  return Object.fromEntries(given.map(({ name, revision }) => [name, revision]));
}

/** A revision as people write it; null for anything else. */
export function readRevision(text: string): number | null {
  return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}
