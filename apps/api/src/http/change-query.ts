import { invalidQuery, problemOf, type Query } from './page-query.js';
import type { ParameterProblem } from './problem.js';
import { TakesQuery } from './query.guard.js';

/** Longest reason, characters. */
export const LONGEST_REASON = 500;

/** What every call that changes something can be asked beside the change. */
export interface ChangeQuery {
  /** Why, for people who read the history. */
  reason: string | null;
  /** Nothing is changed; the answer says what would be. */
  dryRun: boolean;
}

/** The query parameters of a handler that changes something, and its own. */
export const TakesChangeQuery = (...names: string[]) => TakesQuery('reason', 'dry_run', ...names);

/** The query parameter of a handler that changes something else than an app, of which no history is kept. */
export const TakesDryRun = () => TakesQuery('dry_run');

/** What would break a line, is no character, or turns the direction of a text, which can then look like another. */
const READABLE = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]';

/** A reason as a pattern: readable, and not blank. */
export const REASON_PATTERN = `^(${READABLE}*(?!\\s)${READABLE}+)$`;

/** @throws {ProblemError} with every parameter that is wrong */
export function readChangeQuery(query: Query): ChangeQuery {
  const { reason, dry_run } = query;
  const problems = [...reasonProblems(reason), ...switchProblems('dry_run', dry_run)];
  if (problems.length > 0) throw invalidQuery(problems);
  return { reason: reason?.trim() ?? null, dryRun: dry_run === 'true' };
}

/** @throws {ProblemError} when it is neither true nor false */
export function readDryRun({ dry_run }: Query): boolean {
  const problems = switchProblems('dry_run', dry_run);
  if (problems.length > 0) throw invalidQuery(problems);
  return dry_run === 'true';
}

/** What is wrong with a parameter that says yes or no. */
export function switchProblems(parameter: string, value: string | undefined): ParameterProblem[] {
  if (value === undefined || value === 'true' || value === 'false') return [];
  return [problemOf(parameter, value, 'must be true or false')];
}

function reasonProblems(reason: string | undefined): ParameterProblem[] {
  if (reason === undefined) return [];
  const { length } = [...reason];
  if (length > LONGEST_REASON) {
    return [problemOf('reason', reason, `must have at most ${LONGEST_REASON} characters, not ${length}`)];
  }
  const message = 'must be one line of text, neither blank nor with control characters';
  return new RegExp(REASON_PATTERN, 'u').test(reason) ? [] : [problemOf('reason', reason, message)];
}
