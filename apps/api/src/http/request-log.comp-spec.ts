import { afterEach, expect, it } from '@jest/globals';
import { SEARCHED_LOG } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ADMIN, LOGIN } from '../access/testing/logins.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import type { LoginOptions } from '../access/login-options.js';
import { eventually } from '../testing/eventually.js';
import { rawRequest } from '../testing/raw-request.js';

let api: ApiUnderTest;
afterEach(async () => await api.stop());

type Line = { message: unknown; fields: Record<string, unknown> };

async function startLogged(login?: LoginOptions): Promise<Line[]> {
  const lines: Line[] = [];
  const debug = (message: unknown, fields: unknown) =>
    void lines.push({ message, fields: fields as Record<string, unknown> });
  api = await ApiUnderTest.start({ ...(login ? { login } : {}), logger: { ...SEARCHED_LOG, debug } });
  return lines;
}

it('each request is in the log under the id of its answer, with who asked for what, and without its query', async () => {
  const lines = await startLogged(LOGIN);
  const headers = { authorization: ADMIN };
  const asked = [
    await api.call('GET', '/apps?limit=7', { headers }),
    await api.call('POST', '/apps/shop/stop?reason=a-query', { headers }),
    await api.call('GET', '/workers/a%20name'),
  ];
  const ids = asked.map((answer) => answer.headers.get('x-request-id'));
  const found = await eventually(() => {
    const answered = ids.map((id) => lines.filter(({ fields }) => fields['request'] === id));
    expect(answered.map(({ length }) => length)).toEqual([1, 1, 1]);
    return answered.flat();
  });
  const told = { address: '127.0.0.1', took_ms: expect.any(Number) };
  expect(found).toEqual(
    [
      { method: 'GET', route: '/api/v3/apps', status: 200, caller: 'admin' },
      { method: 'POST', route: '/api/v3/apps/:app/stop', status: 404, caller: 'admin' },
      { method: 'GET', route: '/api/v3/workers/:worker', status: 401, caller: undefined },
    ].map((fields, index) => ({
      message: 'a request was answered',
      fields: { request: ids[index], ...fields, ...told },
    })),
  );
  expect(JSON.stringify(lines)).not.toMatch(/a-query|limit=7|a%20name|a name/);
});

it.each([
  ['is not HTTP', 'hello\r\n\r\n', 400, 'HPE_INVALID_METHOD'],
  [
    'has too long headers',
    `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`,
    431,
    'HPE_HEADER_OVERFLOW',
  ],
  ['expects wonders', 'POST / HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\n\r\n', 417, 'Expect'],
  [
    'has a path that can not be read',
    'GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    400,
    'FST_ERR_BAD_URL',
  ],
])('what %s is in the log under the id of its answer, too', async (_name, bytes, status, reason) => {
  const lines = await startLogged();
  const [, id] = /^x-request-id: (\S+)\r$/im.exec(await rawRequest(api.port, bytes)) ?? [];
  const fields = { request: id, status, address: '127.0.0.1', reason };
  await eventually(() =>
    expect(lines.filter(({ fields }) => fields['request'] === id)).toEqual([
      { message: 'a request was answered', fields },
    ]),
  );
});
