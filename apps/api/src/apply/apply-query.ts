import { parseAppName } from '@nebula/contracts';
import { switchProblems } from '../http/change-query.js';
import { invalidQuery, problemOf, type Query } from '../http/page-query.js';
import type { ParameterProblem } from '../http/problem.js';
import type { Pruning } from './apply.service.js';

/** @throws {ProblemError} with every parameter that is wrong */
export function readPruning(query: Query): Pruning | null {
  const { prune, prefix } = query;
  const problems = [...switchProblems('prune', prune), ...prefixProblems(prefix)];
  if (prefix !== undefined && prune !== 'true') {
    problems.push(problemOf('prefix', prefix, 'says which apps are deleted, so it needs prune=true'));
  }
  if (problems.length > 0) throw invalidQuery(problems);
  return prune === 'true' ? { prefix: prefix ?? '' } : null;
}

/** @throws {ProblemError} when it is wrong */
export function readPrefixQuery({ prefix }: Query): string {
  const problems = prefixProblems(prefix);
  if (problems.length > 0) throw invalidQuery(problems);
  return prefix ?? '';
}

function prefixProblems(prefix = ''): ParameterProblem[] {
  if (prefix === '' || parseAppName(prefix).ok) return [];
  const message = 'must be the beginning of a name: letters, digits, "_", "." and "-", at most 63';
  return [problemOf('prefix', prefix, message)];
}
