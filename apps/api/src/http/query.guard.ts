import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { invalidQuery } from './page-query.js';
import type { ParameterProblem } from './problem.js';

const QUERY_NAMES = 'nebula:query-names';
const LONGEST_NAME = 200;
const MOST_PROBLEMS = 50;

/** The query parameters that a handler knows. Without it, it knows none. */
export const TakesQuery = (...names: string[]) => SetMetadata(QUERY_NAMES, names);

/** Refuses query parameters that are unknown or given twice: what would be ignored must not seem to be obeyed. */
@Injectable()
export class QueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const query = context.switchToHttp().getRequest<FastifyRequest>().query as Record<string, unknown>;
    const given = Object.entries(query);
    if (given.length === 0) return true;
    const known = this.reflector.get<string[] | undefined>(QUERY_NAMES, context.getHandler()) ?? [];
    const problems = given.flatMap(([name, value]) => problemsOf(name, value, known));
    if (problems.length > 0) throw invalidQuery(problems.slice(0, MOST_PROBLEMS));
    return true;
  }
}

function problemsOf(name: string, value: unknown, known: readonly string[]): ParameterProblem[] {
  const parameter = name.slice(0, LONGEST_NAME);
  if (!known.includes(name)) {
    const names = known.length === 0 ? 'this call takes none' : `this call takes ${known.join(', ')}`;
    return [{ parameter, message: `is not a known query parameter; ${names}` }];
  }
  return typeof value === 'string' ? [] : [{ parameter, message: 'must be given once' }];
}
