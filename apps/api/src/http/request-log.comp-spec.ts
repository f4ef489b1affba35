import { afterEach, expect, it } from '@jest/globals';
import { SEARCHED_LOG } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ADMIN, LOGIN } from '../access/testing/logins.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';

let api: ApiUnderTest;
afterEach(async () => await api.stop());

it('each request is in the log under the id of its answer, with who asked for what, and without its query', async () => {
  const lines: { message: unknown; fields: Record<string, unknown> }[] = [];
  const debug = (message: unknown, fields: unknown) =>
    void lines.push({ message, fields: fields as Record<string, unknown> });
  api = await ApiUnderTest.start({ login: LOGIN, logger: { ...SEARCHED_LOG, debug } });
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
