import type { FieldProblem } from '@nebula/contracts';
import { ProblemError, RETRY_LATER } from '../http/problem.js';
import { PROBLEMS } from '../http/problem-types.js';
import type { SecretsUnreadableError } from '../store/secrets/secret-errors.js';

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

export function noSecretKey(): ProblemError {
  const message = 'must be empty: this api has no key to keep secrets with; configure secret_keys';
  const errors = [{ pointer: '/secret_env_vars', message }];
  return new ProblemError(PROBLEMS.noSecretKey, { detail: `/secret_env_vars ${message}.`, errors });
}

export function secretsUnreadable({ message }: SecretsUnreadableError): ProblemError {
  const detail = `The ${message}. Give the api that key, or the app new values for them.`;
  return new ProblemError(PROBLEMS.secretsUnreadable, { detail, headers: RETRY_LATER });
}

function quoted(name: string): string {
  return JSON.stringify(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
}
