import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest, type HttpAnswer } from '../testing/api-under-test.js';
import { expectProblem, places } from '../testing/expect-problem.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(async () => {
  await api.stop();
});

/** The app `name` at revision 3. Answers its ETag. */
async function third(name: string): Promise<string> {
  await api.create(name);
  await api.call('POST', `/apps/${name}/restart`);
  const { headers } = await api.call('POST', `/apps/${name}/restart`);
  return headers.get('etag') ?? '';
}

/** Calls that change an app, each of which makes a revision of it. */
const CHANGES: [string, string, object | undefined, number][] = [
  ['PUT', '', { docker_image: 'shop:2' }, 200],
  ['PATCH', '', { docker_image: 'shop:2' }, 200],
  ['DELETE', '', undefined, 202],
  ['POST', '/stop', undefined, 202],
  ['POST', '/restart', undefined, 202],
  ['POST', '/release', undefined, 202],
];

let count = 0;

async function change(
  [method, path, json]: [string, string, object | undefined, number],
  name: string,
  headers: Record<string, string>,
): Promise<HttpAnswer> {
  return await api.call(method, `/apps/${name}${path}`, { headers, ...(json ? { json } : {}) });
}

describe.each(CHANGES)('%s /apps/{app}%s', (...call) => {
  it.each(['TAG', '*', '"1", TAG', ' TAG ', '"x",,TAG ,', '"a,b", TAG', '"3"', '"1", "3"'])(
    'is done when If-Match is %s',
    async (value) => {
      const name = `done-${(count += 1)}`;
      const tag = await third(name);
      expect((await change(call, name, { 'if-match': value.replace('TAG', tag) })).status).toBe(call[3]);
      expect(await api.stored(name)).toMatchObject([{ revision: 4 }]);
    },
  );

  it.each(['"2"', '"4"', '"33"', 'W/TAG', 'W/"3"', '"1", "2"', '"03"', '"3-"', '"3-0"', '""', '"*"'])(
    'is not done when If-Match is %s, and says what the ETag is',
    async (value) => {
      const name = `stale-${(count += 1)}`;
      const tag = await third(name);
      const before = await api.stored(name);
      const answer = await change(call, name, { 'if-match': value.replace('TAG', tag) });
      expect(expectProblem(answer, PROBLEMS.preconditionFailed).detail).toContain(`its ETag is ${tag}`);
      expect(answer.headers.get('etag')).toBe(tag);
      expect(await api.stored(name)).toEqual(before);
    },
  );

  it.each(['*', 'TAG', 'W/TAG', '"1", TAG'])('is not done when If-None-Match is %s', async (value) => {
    const name = `none-${(count += 1)}`;
    const tag = await third(name);
    const before = await api.stored(name);
    const answer = await change(call, name, { 'if-none-match': value.replace('TAG', tag) });
    expectProblem(answer, PROBLEMS.preconditionFailed);
    expect(answer.headers.get('etag')).toBe(tag);
    expect(await api.stored(name)).toEqual(before);
  });

  it('is done when If-None-Match names other tags', async () => {
    const name = `others-${(count += 1)}`;
    await third(name);
    expect((await change(call, name, { 'if-none-match': '"1", W/"2"' })).status).toBe(call[3]);
    expect(await api.stored(name)).toMatchObject([{ revision: 4 }]);
  });

  it.each(['3', '"3', '3"', '"3" "4"', "'3'", 'w/"3"', '', ',', '"3", x', '**'])(
    'refuses the header %s, which is no list of tags',
    async (value) => {
      const name = `malformed-${(count += 1)}`;
      await api.create(name);
      const before = await api.stored(name);
      for (const header of ['If-Match', 'If-None-Match']) {
        const problem = expectProblem(
          await change(call, name, { [header]: value }),
          PROBLEMS.malformedHeader,
        );
        expect(places(problem)).toEqual([
          `${header} must be * or a list of entity tags in quotation marks, like "7-mb2k9x1c"`,
        ]);
        expect(problem.errors?.[0]?.value).toBe(value);
      }
      expect(await api.stored(name)).toEqual(before);
    },
  );
});

describe('PUT of an app that is missing', () => {
  it('is done when If-None-Match is *', async () => {
    const json = { docker_image: 'shop:1' };
    const headers = { 'if-none-match': '*' };
    expect((await api.call('PUT', '/apps/missing', { json, headers })).status).toBe(201);
    expectProblem(await api.call('PUT', '/apps/missing', { json, headers }), PROBLEMS.preconditionFailed);
    await api.call('DELETE', '/apps/missing');
    const again = await api.call('PUT', '/apps/missing', { json, headers });
    expect(again).toMatchObject({ status: 201, body: { revision: 3 } });
  });

  it.each(['*', '"1"'])('is not done when If-Match is %s', async (value) => {
    const parts = { json: { docker_image: 'shop:1' }, headers: { 'if-match': value } };
    const answer = await api.call('PUT', '/apps/never', parts);
    const { detail } = expectProblem(answer, PROBLEMS.preconditionFailed);
    expect(detail).toContain('there is no such app');
    expect(answer.headers.get('etag')).toBeNull();
    expect(await api.stored('never')).toEqual([null]);
  });

  it('is not done with the ETag of the app that was deleted', async () => {
    await api.create('gone');
    await api.call('DELETE', '/apps/gone');
    for (const tag of ['"1"', '"2"']) {
      const parts = { json: { docker_image: 'shop:1' }, headers: { 'if-match': tag } };
      expectProblem(await api.call('PUT', '/apps/gone', parts), PROBLEMS.preconditionFailed);
    }
    expect(await api.stored('gone')).toMatchObject([{ revision: 2, deleted: true }]);
  });
});

describe('a precondition', () => {
  it('comes before what is wrong with the result of a patch', async () => {
    await api.create('order');
    const parts = { json: { docker_image: null }, headers: { 'if-match': '"7"' } };
    expectProblem(await api.call('PATCH', '/apps/order', parts), PROBLEMS.preconditionFailed);
  });

  it('comes behind whether there is such an app at all', async () => {
    for (const call of CHANGES.slice(1)) {
      expectProblem(await change(call, 'no-such-app', { 'if-match': '"1"' }), PROBLEMS.appNotFound);
    }
  });

  it('lets one of many through that have seen the same revision', async () => {
    await api.create('race');
    const calls = Array.from({ length: 20 }, (_, number) =>
      api.call('PATCH', '/apps/race', {
        json: { env_vars: { N: String(number) } },
        headers: { 'if-match': '"1"' },
      }),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
    expect(await api.stored('race')).toMatchObject([{ revision: 2 }]);
  });
});

describe('GET /apps/{app}', () => {
  const get = async (headers: Record<string, string>, method = 'GET') =>
    await api.call(method, '/apps/read', { headers });
  let tag: string;
  beforeAll(async () => {
    tag = await third('read');
  });

  it.each(['TAG', 'W/TAG', '*', '"1", W/TAG'])(
    'is answered with 304 when If-None-Match is %s',
    async (value) => {
      for (const method of ['GET', 'HEAD']) {
        const answer = await get({ 'if-none-match': value.replace('TAG', tag) }, method);
        expect(answer).toMatchObject({ status: 304, body: undefined });
        expect(answer.headers.get('etag')).toBe(tag);
        expect(answer.headers.get('cache-control')).toBe('no-cache');
        expect(answer.headers.get('content-type')).toBeNull();
      }
    },
  );

  it.each(['"2"', '"3"', '"3-0"', '"33"', '"x"'])(
    'is answered in full when If-None-Match is %s',
    async (value) => {
      const answer = await get({ 'if-none-match': value });
      expect(answer).toMatchObject({ status: 200, body: { revision: 3 } });
    },
  );

  it('honours If-Match', async () => {
    for (const value of [tag, '"3"']) expect((await get({ 'if-match': value })).status).toBe(200);
    expectProblem(await get({ 'if-match': '"2"' }), PROBLEMS.preconditionFailed);
  });

  it('knows no app that was deleted, whatever tag is known', async () => {
    await api.create('read-gone');
    await api.call('DELETE', '/apps/read-gone');
    for (const value of ['*', '"1"', '"2"']) {
      const answer = await api.call('GET', '/apps/read-gone', { headers: { 'if-none-match': value } });
      expectProblem(answer, PROBLEMS.appNotFound);
    }
  });
});

describe('an app that a restored database has at the same revision, but with other contents', () => {
  it('has another ETag than it had before the restore', async () => {
    await api.create('restored');
    await api.call('POST', '/apps/restored/stop');
    const lost = (await api.call('GET', '/apps/restored')).headers.get('etag') ?? '';
    // As a backup of revision 1 has it, changed since.
    const before = await api.store.get('restored');
    if (!before) throw new Error('There is no such app.');
    const updated_at = new Date(Date.parse(before.updated_at) + 1).toISOString();
    await api.store.replace({ ...before, updated_at, reason: 'another' }, 2);
    const read = await api.call('GET', '/apps/restored', { headers: { 'if-none-match': lost } });
    expect(read).toMatchObject({ status: 200, body: { revision: 2 } });
    const tag = read.headers.get('etag');
    expect(tag).toMatch(/^"2-[0-9a-z]+"$/);
    expect(tag).not.toBe(lost);
    for (const call of CHANGES) {
      const answer = await change(call, 'restored', { 'if-match': lost });
      expect(expectProblem(answer, PROBLEMS.preconditionFailed).detail).toContain(`its ETag is ${tag}`);
    }
  });
});
