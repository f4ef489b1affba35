import type { FieldProblem } from '@nebula/contracts';
import { ProblemError } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';

const LONGEST_NAME = 80;

export function appNotFound(appName: string): ProblemError {
  return new ProblemError(PROBLEMS.appNotFound, { detail: `There is no app ${quoted(appName)}.` });
}

export function appExists(appName: string): ProblemError {
  const detail = `There is an app ${quoted(appName)} already; change it with PUT or PATCH.`;
  return new ProblemError(PROBLEMS.appExists, {
    detail,
    errors: [{ pointer: '/app_name', message: 'is taken' }],
  });
}

export function invalidSpec(errors: readonly FieldProblem[]): ProblemError {
  const [first] = errors;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
  const place = first?.pointer === '' ? 'The spec' : (first?.pointer ?? '');
  return new ProblemError(PROBLEMS.invalidSpec, {
    detail: `${place} ${first?.message ?? ''}${more}.`,
    errors,
  });
}

function quoted(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
}
