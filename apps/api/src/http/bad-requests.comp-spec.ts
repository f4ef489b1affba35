import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiUnderTest, type RequestParts } from '../testing/api-under-test.js';
import { expectProblem } from '../testing/expect-problem.js';
import { rawRequest } from '../testing/raw-request.js';
import { MAX_BODY_BYTES } from './body-limit.js';
import { PROBLEMS } from './problem-types.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.create('old', { env_vars: { A: '1' } });
});
afterAll(async () => {
  const stored = await api.stored('old', 'new');
  await api.stop();
  // Whatever was refused here has changed nothing, and none of it was the server's own fault.
  expect(stored).toMatchObject([{ revision: 1, spec: { env_vars: { A: '1' } } }, null]);
  expect(api.problems).toEqual([]);
});

const JSON_HEADERS = { 'content-type': 'application/json' };
const RIGHT = JSON.stringify({ app_name: 'new', docker_image: 'shop:1' });

/** Every call that takes a body. */
const WITH_BODY = [
  ['POST', '/apps'],
  ['PUT', '/apps/new'],
  ['PUT', '/apps/old'],
  ['PATCH', '/apps/old'],
] as const;

describe('malformed JSON', () => {
  it.each([
    ['{"app_name":"new",}', 'line 1, column 19'],
    ['{\n "app_name": "new"\n "docker_image": 1}', 'line 3, column 2'],
    ["{'app_name': 'new'}", 'line 1, column 2'],
    ['{"containers_per": {"server": 01}}', 'line 1, column 32'],
    ['{}{}', 'line 1, column 3'],
  ])('%j is refused with its place', async (body, place) => {
    for (const [method, path] of WITH_BODY) {
      const answer = await api.call(method, path, { body, headers: JSON_HEADERS });
      const { detail } = expectProblem(answer, PROBLEMS.malformedJson);
      expect(detail).toBe(`The body is not JSON: see ${place}.`);
    }
  });

  it.each([
    '{',
    '{"a":',
    '"',
    '[',
    ' ',
    'nonsense',
    '\0',
    '{"containers_per": {"cpu": NaN}}',
    '{"A": secret}',
  ])('%j is refused, and is not quoted', async (body) => {
    for (const [method, path] of WITH_BODY) {
      const answer = await api.call(method, path, { body, headers: JSON_HEADERS });
      const { detail } = expectProblem(answer, PROBLEMS.malformedJson);
      // Where it is known. Not every version of Node says it.
      expect(detail).toMatch(/^The body is not JSON(: see line 1, column \d+)?\.$/);
    }
  });

  it.each<[string, RequestParts]>([
    ['no body', {}],
    ['no body of a type', { headers: JSON_HEADERS }],
    ['an empty body', { body: '', headers: JSON_HEADERS }],
  ])('%s is refused', async (_name, parts) => {
    for (const [method, path] of WITH_BODY) {
      const { detail } = expectProblem(await api.call(method, path, parts), PROBLEMS.malformedJson);
      expect(detail).toBe('The body is empty but must be JSON.');
    }
  });

  it('text that is no UTF-8 is refused', async () => {
    const body = Buffer.from(RIGHT.replace('shop', 'sh\xe4p'), 'latin1');
    const answer = await api.call('POST', '/apps', { body, headers: JSON_HEADERS });
    expect(expectProblem(answer, PROBLEMS.malformedJson).detail).toBe('The body is not text in UTF-8.');
  });

  it.each([
    '{"__proto__": {"privileged": true}, "app_name": "new", "docker_image": "shop:1"}',
    '{"app_name": "new", "docker_image": "shop:1", "env_vars": {"__proto__": "x"}}',
    '{"app_name": "new", "docker_image": "shop:1", "__proto__": null}',
    '{"env_vars": {"constructor": {"prototype": {"x": "y"}}}}',
  ])('%s is refused, whose names reach for the prototype', async (body) => {
    for (const [method, path] of WITH_BODY) {
      const answer = await api.call(method, path, { body, headers: JSON_HEADERS });
      expect(expectProblem(answer, PROBLEMS.malformedJson).detail).toContain('"__proto__"');
    }
    expect(({} as { privileged?: boolean }).privileged).toBeUndefined();
  });
});

describe('a type of the body', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/problem+json',
    'text/json',
    'json',
    'application/json, text/plain',
    '*/*',
  ])('%s is not taken', async (type) => {
    for (const [method, path] of WITH_BODY) {
      const answer = await api.call(method, path, { body: RIGHT, headers: { 'content-type': type } });
      expect(expectProblem(answer, PROBLEMS.unsupportedMediaType).detail).toContain('application/json');
    }
  });

  it('must be said', async () => {
    // fetch would say one by itself for text.
    const answer = await api.call('POST', '/apps', { body: Buffer.from(RIGHT) });
    expectProblem(answer, PROBLEMS.unsupportedMediaType);
  });

  it('that is a merge patch is for PATCH alone', async () => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    for (const [method, path] of WITH_BODY.slice(0, 3)) {
      const answer = await api.call(method, path, { body: RIGHT, headers });
      expect(expectProblem(answer, PROBLEMS.unsupportedMediaType).detail).toBe(
        'The body of this call must be of the type application/json.',
      );
    }
  });

  it.each(['gzip', 'br', 'identity, gzip'])('%s, compressed, is not taken', async (encoding) => {
    const headers = { ...JSON_HEADERS, 'content-encoding': encoding };
    const answer = await api.call('POST', '/apps', { body: RIGHT, headers });
    expect(expectProblem(answer, PROBLEMS.unsupportedMediaType).detail).toContain('Content-Encoding');
  });

  it('that nobody reads may be said to be compressed', async () => {
    const answer = await api.call('GET', '/apps', { headers: { 'content-encoding': 'gzip' } });
    expect(answer.status).toBe(200);
  });
});

describe('a body over 256 kB', () => {
  const padded = (length: number) => RIGHT.replace('{', `{${' '.repeat(length - RIGHT.length)}`);

  it.each([...WITH_BODY, ['POST', '/apps/old/restart'], ['DELETE', '/apps/old']])(
    'is refused by %s %s',
    async (method, path) => {
      for (const length of [MAX_BODY_BYTES + 1, 2_000_000]) {
        const answer = await api.call(method, path, { body: padded(length), headers: JSON_HEADERS });
        expect(expectProblem(answer, PROBLEMS.bodyTooLarge).detail).toContain(`${MAX_BODY_BYTES} bytes`);
      }
    },
  );

  it('is refused when its length was not said', async () => {
    const chunk = 'x'.repeat(65_536);
    const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(5);
    const head = 'POST /api/v3/apps HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const text = await rawRequest(api.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain(PROBLEMS.bodyTooLarge.type);
  });

  it('is taken one byte before that', async () => {
    const body = padded(MAX_BODY_BYTES).replace('shop:1', 'Shop:1');
    expect(Buffer.byteLength(body)).toBe(MAX_BODY_BYTES);
    expectProblem(await api.call('POST', '/apps', { body, headers: JSON_HEADERS }), PROBLEMS.invalidSpec);
  });
});

describe('a path', () => {
  it.each([
    ['GET', '//'],
    ['GET', '//nothing'],
    ['GET', '//api'],
    ['GET', '//api/v3'],
    ['GET', '//api/v2/apps'],
    ['GET', '//apps'],
    ['GET', '/apps/'],
    ['GET', '/apps/old/'],
    ['GET', '/apps/old/nothing'],
    ['GET', '/apps/old/status/more'],
    ['GET', '/apps//status'],
    ['GET', '/Apps'],
    ['POST', '/apps/old/explode'],
    ['DELETE', '/nothing'],
    ['GET', '/healthz'],
    ['GET', '/constructor'],
    ['OPTIONS', '/nothing'],
  ])('%s %s is unknown', async (method, path) => {
    expectProblem(await api.call(method, path), PROBLEMS.unknownPath);
  });

  it('that is unknown is so before the body is looked at', async () => {
    const parts = { body: '{', headers: JSON_HEADERS };
    expectProblem(await api.call('POST', '/nothing', parts), PROBLEMS.unknownPath);
  });

  it.each(['/apps/%zz', '/apps/%', '/apps/%e4', '/apps/old/status/%zz', '//%zz'])(
    '%s has a "%%" that means nothing',
    async (path) => {
      for (const method of ['GET', 'DELETE', 'PUT']) {
        const { detail } = expectProblem(await api.call(method, path), PROBLEMS.malformedRequest);
        expect(detail).toContain('"%"');
      }
    },
  );
});

describe('a method', () => {
  const APP = 'DELETE, GET, HEAD, PATCH, PUT, OPTIONS';
  const READ = 'GET, HEAD, OPTIONS';
  it.each([
    ['PUT', '/apps', 'GET, HEAD, POST, OPTIONS'],
    ['DELETE', '/apps', 'GET, HEAD, POST, OPTIONS'],
    ['POST', '/apps/old', APP],
    ['PROPFIND', '/apps/old', APP],
    ['GET', '/apps/old/restart', 'POST, OPTIONS'],
    ['PUT', '/apps/old/stop', 'POST, OPTIONS'],
    ['POST', '/apps/old/status', READ],
    ['POST', '//healthz', READ],
    ['DELETE', '//readyz', READ],
    ['POST', '/openapi.json', READ],
  ])('%s of %s is not known, and those that are it says', async (method, path, allow) => {
    const body = method === 'GET' ? {} : { body: '{', headers: JSON_HEADERS };
    const answer = await api.call(method, path, body);
    const { detail } = expectProblem(answer, PROBLEMS.methodNotAllowed);
    expect(answer.headers.get('allow')).toBe(allow);
    expect(detail).toContain(allow);
    const options = await api.call('OPTIONS', path);
    expect(options).toMatchObject({ status: 204, body: undefined });
    expect(options.headers.get('allow')).toBe(allow);
  });
});

describe('what a call does not take', () => {
  it.each([
    ['DELETE', '/apps/old'],
    ['POST', '/apps/old/restart'],
  ])('is refused as a body: %s %s', async (method, path) => {
    const answer = await api.call(method, path, { json: { force: true } });
    expect(expectProblem(answer, PROBLEMS.unexpectedBody).errors).toEqual([
      { pointer: '/force', message: 'is not known here; this call takes no body' },
    ]);
  });

  it.each([
    ['POST', '/apps'],
    ['GET', '/apps/old'],
    ['PUT', '/apps/old'],
    ['PATCH', '/apps/old'],
    ['DELETE', '/apps/old'],
    ['GET', '//healthz'],
    ['GET', '//readyz'],
  ])('is refused as a query: %s %s', async (method, path) => {
    const body = method === 'GET' ? {} : { body: RIGHT, headers: JSON_HEADERS };
    const known = method === 'GET' ? 'none' : 'reason, dry_run';
    const answer = await api.call(method, `${path}?force=true`, body);
    expect(expectProblem(answer, PROBLEMS.invalidQuery).errors).toEqual([
      { parameter: 'force', message: `is not a known query parameter; this call takes ${known}` },
    ]);
  });
});
