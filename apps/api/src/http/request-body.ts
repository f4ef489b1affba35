import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { JSON_TYPE, MERGE_PATCH_TYPE } from './body-parsers.js';
import { ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';
import { YAML_TYPE, YamlText } from './yaml-text.js';

/** The body of a request as JSON. A handler without it ignores what was sent. */
export const JsonBody: () => ParameterDecorator = createParamDecorator((_data, context: ExecutionContext) =>
  readBody(requestOf(context), [JSON_TYPE]),
);

/** The body of a request as a JSON merge patch, which may also call itself plain JSON. */
export const MergePatchBody: () => ParameterDecorator = createParamDecorator(
  (_data, context: ExecutionContext) => readBody(requestOf(context), [MERGE_PATCH_TYPE, JSON_TYPE]),
);

/** The body of a request as JSON or YAML. */
export const DocumentBody: () => ParameterDecorator = createParamDecorator(
  (_data, context: ExecutionContext) => {
    const body = readBody(requestOf(context), [JSON_TYPE, YAML_TYPE]);
    return body instanceof YamlText ? body.read() : body;
  },
);

/** Refuses a body that says something: what would be ignored must not seem to be obeyed. */
export const NoBody: () => ParameterDecorator = createParamDecorator((_data, context: ExecutionContext) => {
  readSwitches(requestOf(context).body, []);
});

/** What a body of switches says: each is true or false, and false when it is left out, with or without the body. */
export type Switches<Name extends string> = Readonly<Record<Name, boolean>>;

/** A body that may be left out, and has no other members than these, each true or false. */
export const SwitchesBody: (...names: string[]) => ParameterDecorator = (...names) =>
  createParamDecorator((_data, context: ExecutionContext) => readSwitches(requestOf(context).body, names))();

function readSwitches(body: unknown, names: readonly string[]): Switches<string> {
  const off = Object.fromEntries(names.map((name) => [name, false]));
  if (body === undefined || body === null) return off;
  if (body instanceof YamlText) throw wrongType([JSON_TYPE]);
  const known = names.length === 0 ? 'this call takes no body' : `this call knows ${names.join(', ')}`;
  if (typeof body !== 'object' || Array.isArray(body)) throw unexpectedBody(names, []);
  const flaws = Object.entries(body).flatMap(([name, value]) => {
    if (!names.includes(name)) return [{ name, message: `is not known here; ${known}` }];
    return typeof value === 'boolean' ? [] : [{ name, message: 'must be true or false' }];
  });
  if (flaws.length > 0) throw unexpectedBody(names, flaws);
  return { ...off, ...body };
}

function unexpectedBody(names: readonly string[], flaws: { name: string; message: string }[]): ProblemError {
  const members = names.map((name) => `"${name}"`).join(', ');
  return new ProblemError(PROBLEMS.unexpectedBody, {
    detail:
      names.length === 0
        ? 'This call takes no body.'
        : `The body of this call may be left out, or is an object with ${members}.`,
    errors: flaws.slice(0, 50).map(({ name, message }) => ({
      pointer: `/${name.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1')}`,
      message,
    })),
  });
}

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

function readBody({ body, headers }: FastifyRequest, types: readonly string[]): unknown {
  if (body === undefined) {
    throw new ProblemError(PROBLEMS.malformedJson, { detail: 'The body is empty but must be JSON.' });
  }
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (!types.some((taken) => taken === type)) throw wrongType(types);
  return body;
}

function wrongType(types: readonly string[]): ProblemError {
  return new ProblemError(PROBLEMS.unsupportedMediaType, {
    detail: `The body of this call must be of the type ${types.join(' or ')}.`,
  });
}
