import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { rawRequest } from '../testing/raw-request.js';
import { PROBLEMS, type ProblemType } from './problem-types.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
  // A client's fault is none of the server's.
  expect(api.problems).toEqual([]);
});

const PROTECTING = [
  ...['cache-control', 'content-security-policy', 'cross-origin-resource-policy'],
  ...['referrer-policy', 'x-content-type-options', 'x-frame-options'],
];

/** Asserts that the last of the answers in a text is this problem. */
function expectRawProblem(text: string, { type, title, status }: ProblemType): void {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '));
  const [head = ''] = last.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  expect(head.toLowerCase()).toContain('connection: close');
  // Some come in chunks.
  const body = last.slice(last.indexOf('{'), last.lastIndexOf('}') + 1);
  const [, id = 'none'] = /^x-request-id: (\S+)$/im.exec(head) ?? [];
  expect(JSON.parse(body)).toMatchObject({ type, title, status, instance: `urn:uuid:${id}` });
  const headers = head.split('\r\n').map((line) => line.split(':')[0]?.toLowerCase());
  expect(headers).toEqual(expect.arrayContaining(PROTECTING));
}

describe('what is not HTTP', () => {
  it.each([
    ['a greeting', 'hello\r\n\r\n'],
    ['TLS', Buffer.from('1603010200010001fc03035a', 'hex')],
    ['zeros', Buffer.alloc(1_000)],
    ['an unknown method', 'EXPLODE /api/v3/apps HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a version that never was', 'GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n'],
    ['a header without a colon', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n'],
    ['a blank in a path', 'GET /health z HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    [
      'two lengths',
      'POST /api/v3/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
    ],
    [
      'a length and chunks, of which a proxy may see the other',
      'POST /api/v3/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a negative length', 'POST /api/v3/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'],
  ])('like %s is answered with a problem, and the connection ends', async (_name, bytes) => {
    expectRawProblem(await rawRequest(api.port, bytes), PROBLEMS.malformedRequest);
  });

  it('like a request without its host is answered and ends', async () => {
    const text = await rawRequest(api.port, 'GET /healthz HTTP/1.1\r\n\r\n');
    expectRawProblem(text, PROBLEMS.malformedRequest);
    // HTTP/1.0 knows no such header.
    expect(await rawRequest(api.port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('like endless headers is answered with its own problem', async () => {
    const header = `X-Long: ${'x'.repeat(100_000)}\r\n`;
    const request = `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`;
    expectRawProblem(await rawRequest(api.port, request), PROBLEMS.headersTooLarge);
    const path = `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expectRawProblem(await rawRequest(api.port, path), PROBLEMS.headersTooLarge);
  });

  it("like an expectation that can't be met is answered", async () => {
    const head = 'POST /api/v3/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n';
    expectRawProblem(
      await rawRequest(api.port, `${head}Expect: wonders\r\n\r\n`),
      PROBLEMS.expectationFailed,
    );
  });

  it('leaves the api as it was', async () => {
    expect((await api.call('GET', '//healthz')).status).toBe(200);
  });
});

describe('a client', () => {
  it('that waits for 100 Continue gets it', async () => {
    const body = '{"docker_image":"shop:1"}';
    const head = `PUT /api/v3/apps/patient HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n`;
    const headers = 'Content-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n';
    const socket = connect(api.port, '127.0.0.1');
    const text = await collected(socket, head + headers, (received) => {
      if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
    });
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
  });

  it('that leaves in the middle of its body changes nothing', async () => {
    const head = 'PUT /api/v3/apps/left HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const socket = connect(api.port, '127.0.0.1');
    await new Promise<void>((resolve) =>
      socket.write(`${head}Content-Length: 100\r\n\r\n{"docker_image":"shop:1"}`, () => resolve()),
    );
    socket.destroy();
    expect((await api.call('GET', '/apps/left')).status).toBe(404);
    expect(await api.stored('left')).toEqual([null]);
  });

  it('that sends one request behind the other gets the answers in order', async () => {
    const get = (path: string, end = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`;
    const requests = [get('/healthz'), get('/api/v3/apps/nobody'), get('/readyz', 'Connection: close\r\n')];
    const text = await rawRequest(api.port, requests.join(''));
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '404', '200']);
  });
});

/** Sends bytes and answers all that came back, which `react` is told of each time. */
async function collected(socket: Socket, bytes: string, react: (received: string) => void): Promise<string> {
  return await new Promise((resolve, reject) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
      react(received);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.write(bytes);
  });
}
