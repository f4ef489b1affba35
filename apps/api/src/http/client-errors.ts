import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type AnswerHeaders, REQUEST_ID } from './answer-headers.js';
import { PROBLEM_MEDIA_TYPE, ProblemError } from './problem.js';
import { PROBLEMS } from './problem-types.js';

/** An answer that was given below the hooks of the server, which would have noted it. */
export interface EarlyAnswer {
  /** The id in the answer. */
  request: string;
  status: number;
  /** Of who has the connection, which may be a proxy. */
  address: string | undefined;
  /** The code of the error that was found, like `HPE_INVALID_METHOD`. */
  reason: string | undefined;
}

export type NoteEarlyAnswer = (answer: EarlyAnswer) => void;

/** Answers what isn't HTTP, too large for it, or too slow, and ends the connection. */
export function clientErrorAnswers(
  always: AnswerHeaders,
  note: NoteEarlyAnswer,
): (error: Error & { code?: string }, socket: Socket) => void {
  return ({ code: reason }, socket) => {
    if (reason === 'ECONNRESET' || socket.destroyed) return;
    const { remoteAddress: address } = socket;
    if (socket.writable) {
      const { id, status, headers, body } = lastAnswer(clientProblem(reason), always);
      socket.write(rawAnswer(status, headers, body));
      note({ request: id, status, address, reason });
    }
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

function rawAnswer(status: number, headers: Readonly<Record<string, string>>, body: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}

/** The last one on its connection. */
function lastAnswer(problem: ProblemError, always: AnswerHeaders) {
  const id = randomUUID();
  const body = JSON.stringify(problem.body(id));
  return {
    id,
    status: problem.problem.status,
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
export function refuseExpectations(server: Server, always: AnswerHeaders, note: NoteEarlyAnswer): void {
  server.on('checkExpectation', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const detail = 'The header Expect may be "100-continue" or absent.';
    const problem = new ProblemError(PROBLEMS.expectationFailed, { detail });
    const { id, status, headers, body } = lastAnswer(problem, always);
    response.writeHead(status, headers).end(body);
    note({ request: id, status, address: socket.remoteAddress, reason: 'Expect' });
  });
}
