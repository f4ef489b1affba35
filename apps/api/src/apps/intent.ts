import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Caller, callerOf } from '../access/caller.js';
import { type ChangeQuery, readChangeQuery } from '../http/change-query.js';
import type { Query } from '../http/page-query.js';
import { type Preconditions, readPreconditions } from './preconditions.js';

/** How a change is asked for, beside what shall change. */
export interface Intent extends ChangeQuery {
  /** Who asks. */
  caller: Caller;
  /** What the app must be like. */
  expected: Preconditions;
}

interface Request {
  headers: Readonly<Record<string, unknown>>;
  query: unknown;
}

/** The intent of a request, for a parameter of a handler that has `TakesChangeQuery`. */
export const IntentOf: () => ParameterDecorator = createParamDecorator((_data, context: ExecutionContext) => {
  const request = requestOf(context);
  return { ...intentOf(request), expected: readPreconditions(request.headers) };
});

/** The same of a call that isn't about one app that is there already. */
export const UnconditionalIntentOf: () => ParameterDecorator = createParamDecorator(
  (_data, context: ExecutionContext) => intentOf(requestOf(context)),
);

/** @throws {ProblemError} when a query parameter is wrong */
function intentOf(request: Request): Intent {
  return { ...readChangeQuery(request.query as Query), caller: callerOf(request), expected: {} };
}

function requestOf(context: ExecutionContext): Request {
  return context.switchToHttp().getRequest<Request>();
}
