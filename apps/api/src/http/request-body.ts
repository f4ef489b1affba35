import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { JSON_TYPE, MERGE_PATCH_TYPE } from './body-parsers.js';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/** The body of a request as JSON. A handler without it ignores what was sent. */
export const JsonBody: () => ParameterDecorator = createParamDecorator((_data, context: ExecutionContext) =>
  readBody(requestOf(context), [JSON_TYPE]),
);

/** The body of a request as a JSON merge patch, which may also call itself plain JSON. */
export const MergePatchBody: () => ParameterDecorator = createParamDecorator(
  (_data, context: ExecutionContext) => readBody(requestOf(context), [MERGE_PATCH_TYPE, JSON_TYPE]),
);

/** Refuses a body that says something: what would be ignored must not seem to be obeyed. */
export const NoBody: () => ParameterDecorator = createParamDecorator((_data, context: ExecutionContext) => {
  const { body } = requestOf(context);
  if (body === undefined || body === null || isEmptyObject(body)) return;
  const fields = typeof body === 'object' && !Array.isArray(body) ? Object.keys(body).slice(0, 50) : [];
  throw new ProblemError(PROBLEMS.unexpectedBody, {
    detail: 'This call takes no body.',
    errors: fields.map((field) => ({
      pointer: `/${field.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message: 'is not known here; this call takes no body',
    })),
  });
});

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

function readBody({ body, headers }: FastifyRequest, types: readonly string[]): unknown {
  if (body === undefined) {
    throw new ProblemError(PROBLEMS.malformedJson, { detail: 'The body is empty but must be JSON.' });
  }
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (!types.some((taken) => taken === type)) {
    throw new ProblemError(PROBLEMS.unsupportedMediaType, {
      detail: `The body of this call must be of the type ${types.join(' or ')}.`,
    });
  }
  return body;
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value ?? {}).length === 0;
}
