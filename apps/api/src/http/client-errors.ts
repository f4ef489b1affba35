import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type AnswerHeaders, REQUEST_ID } from './answer-headers.js';
import { PROBLEM_MEDIA_TYPE, ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/** Answers what isn't HTTP, too large for it, or too slow, and ends the connection. */
export function clientErrorAnswers(
  always: AnswerHeaders,
): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (socket.writable) socket.write(rawAnswer(clientProblem(error.code), always));
    socket.destroySoon();
  };
}

function clientProblem(code = ''): ProblemError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ProblemError(PROBLEMS.requestTimeout, { detail: 'The request took too long to arrive.' });
    case 'HPE_HEADER_OVERFLOW':
      return new ProblemError(PROBLEMS.headersTooLarge, {
        detail: 'Path and headers together are too large.',
      });
    default:
      return new ProblemError(PROBLEMS.malformedRequest, { detail: 'This is not a request in HTTP/1.1.' });
  }
}

function rawAnswer(problem: ProblemError, always: AnswerHeaders): string {
  const { status } = problem.problem;
  const { headers, body } = lastAnswer(problem, always);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}

/** The last one on its connection. */
function lastAnswer(
  problem: ProblemError,
  always: AnswerHeaders,
): { headers: Record<string, string>; body: string } {
  const id = randomUUID();
  const body = JSON.stringify(problem.body(id));
  return {
    headers: {
      ...always,
      [REQUEST_ID]: id,
      'cache-control': 'no-store',
      'content-type': PROBLEM_MEDIA_TYPE,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    },
    body,
  };
}

/** Answers a header `Expect` that asks for anything but `100-continue`. */
export function refuseExpectations(server: Server, always: AnswerHeaders): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const detail = 'The header Expect may be "100-continue" or absent.';
    const problem = new ProblemError(PROBLEMS.expectationFailed, { detail });
    const { headers, body } = lastAnswer(problem, always);
    response.writeHead(problem.problem.status, headers).end(body);
  });
}
