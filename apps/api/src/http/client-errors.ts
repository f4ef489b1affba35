import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE, ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/** Answers what isn't HTTP, too large for it, or too slow, and ends the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(rawAnswer(clientProblem(error.code)));
  socket.destroySoon();
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

function rawAnswer(problem: ProblemError): string {
  const { status } = problem.problem;
  const body = JSON.stringify(problem.body(randomUUID()));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Answers a header `Expect` that asks for anything but `100-continue`. */
export function refuseExpectations(server: Server): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const detail = 'The header Expect may be "100-continue" or absent.';
    const problem = new ProblemError(PROBLEMS.expectationFailed, { detail });
    response.writeHead(problem.problem.status, {
      'content-type': PROBLEM_MEDIA_TYPE,
      connection: 'close',
    });
    response.end(JSON.stringify(problem.body(randomUUID())));
  });
}
