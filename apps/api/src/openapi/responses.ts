import { ApiResponse } from '@nestjs/swagger';
import { PROBLEM_MEDIA_TYPE } from '../http/problem.js';
import { PROBLEMS, type ProblemType } from '../http/problem-types.js';
import { ref, type Schema } from './schema.js';

const EXAMPLE_INSTANCE = 'urn:uuid:6c1ab2a3-6f2c-4b79-9a0b-2f6d6a2a1c11';

/** What can go wrong with every call. */
const ALWAYS = [
  PROBLEMS.unauthenticated,
  PROBLEMS.forbidden,
  PROBLEMS.misdirected,
  PROBLEMS.tooManyRequests,
  PROBLEMS.tooManyLogins,
  PROBLEMS.internalError,
  PROBLEMS.storeUnavailable,
  PROBLEMS.storeIncompatible,
  PROBLEMS.timedOut,
  PROBLEMS.shuttingDown,
];

/** Places that an example of a problem shows. */
const EXAMPLE_ERRORS: Readonly<Record<string, readonly object[]>> = {
  [PROBLEMS.invalidSpec.type]: [
    { pointer: '/starting_ports/0', value: 70000, message: 'must be a port, 1 to 65535, not 70000' },
  ],
  [PROBLEMS.noSecretKey.type]: [
    { pointer: '/secret_env_vars', message: 'must be empty: this api has no key to keep secrets with' },
  ],
  [PROBLEMS.invalidQuery.type]: [
    { parameter: 'limit', value: '0', message: 'must be a whole number, 1 to 1000' },
  ],
  [PROBLEMS.unexpectedBody.type]: [
    { pointer: '/force', message: 'is not known here; this call takes no body' },
  ],
};

/** A response with a body of a component schema. */
export function success(
  status: number,
  description: string,
  schema: string,
  { headers = {}, example }: { headers?: Readonly<Record<string, Schema>>; example?: unknown } = {},
): MethodDecorator {
  const content = { schema: ref(schema), ...(example === undefined ? {} : { example }) };
  return ApiResponse({
    status,
    description,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, { description: words, ...rest }]) => [
        name,
        { description: String(words), schema: rest },
      ]),
    ),
    content: { 'application/json': content },
  });
}

/** The responses of these problems and of those that every call can meet, one for each status. */
export function failures(...problems: readonly ProblemType[]): MethodDecorator[] {
  return responsesOf([...problems, ...ALWAYS]);
}

/** The responses of these problems, one for each status. */
export function responsesOf(problems: readonly ProblemType[]): MethodDecorator[] {
  const statuses = new Set(problems.map(({ status }) => status));
  return [...statuses].map((status) => {
    const kinds = problems.filter((problem) => problem.status === status);
    return ApiResponse({ status, ...problemResponse(status, kinds) });
  });
}

function problemResponse(status: number, kinds: readonly ProblemType[]) {
  const challenges = { description: 'How to log in.', schema: { type: 'string' as const } };
  const seconds = { description: 'Seconds to wait.', schema: { type: 'integer' as const } };
  return {
    description: kinds.map(({ title }) => title).join('; '),
    ...(status === 503 || status === 429 ? { headers: { 'Retry-After': seconds } } : {}),
    ...(status === 401 ? { headers: { 'WWW-Authenticate': challenges } } : {}),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: ref('Problem'),
        examples: Object.fromEntries(
          kinds.map((kind) => [kind.type.split(':').at(-1) ?? '', { value: example(kind) }]),
        ),
      },
    },
  };
}

function example({ type, title, status }: ProblemType): object {
  const errors = EXAMPLE_ERRORS[type];
  const detail = `${title}.`;
  return { type, title, status, detail, instance: EXAMPLE_INSTANCE, ...(errors ? { errors } : {}) };
}
