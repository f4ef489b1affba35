import { expect } from '@jest/globals';
import { PROBLEMS, type ProblemType } from '../http/problem-types.js';
import type { HttpAnswer } from './api-under-test.js';

/** A place that a problem lists. */
export interface Place {
  pointer?: string;
  parameter?: string;
  value?: unknown;
  message: string;
}

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  errors?: Place[];
}

/** Asserts that an answer is this problem as RFC 9457 has it, and answers its body. */
export function expectProblem({ status, headers, body }: HttpAnswer, problem: ProblemType): ProblemBody {
  expect({ status, body }).toMatchObject({ status: problem.status, body: problem });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
  expect(headers.get('cache-control')).toBe('no-store');
  const { detail, instance, errors, ...others } = body as ProblemBody;
  expect(detail).toMatch(/^\S.*[.]$/s);
  expect(instance).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  for (const { message } of errors ?? []) expect(message).toMatch(/^\S/);
  // Waiting helps against all others.
  if (problem.type === PROBLEMS.storeIncompatible.type) expect(headers.get('retry-after')).toBeNull();
  else if (problem.status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  return { detail, instance, ...(errors ? { errors } : {}), ...others };
}

/** The places that a problem lists, each `pointer message`. */
export function places({ errors = [] }: ProblemBody): string[] {
  return errors.map(({ pointer, parameter, message }) => `${pointer ?? parameter} ${message}`);
}
