import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '../http/problem-types.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { expectProblem } from '../testing/expect-problem.js';

let api: ApiUnderTest;
const NAMES = ['Zebra', 'a-1', 'a-2', 'a-3', 'a.1', 'b', 'b-1'];

beforeAll(async () => {
  api = await ApiUnderTest.start();
  for (const name of [...NAMES].reverse()) await api.create(name);
  await api.create('a-gone');
  await api.call('DELETE', '/apps/a-gone');
});
afterAll(async () => {
  await api.stop();
});

interface Page {
  items: { app_name: string }[];
  next_cursor: string | null;
}

async function page(query: string): Promise<{ names: string[]; next: string | null }> {
  const { status, body } = await api.call('GET', `/apps${query}`);
  expect({ status, body }).toMatchObject({ status: 200 });
  const { items, next_cursor } = body as Page;
  return { names: items.map(({ app_name }) => app_name), next: next_cursor };
}

/** Names of all pages. */
async function all(query: string, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const { names, next } = await page(
      `?limit=${limit}${query}${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    pages.push(names);
    cursor = next;
  } while (cursor !== null);
  return pages;
}

describe('GET /apps', () => {
  it('lists apps that are not deleted by name, each as it is answered alone', async () => {
    expect(await page('')).toEqual({ names: NAMES, next: null });
    const list = (await api.call('GET', '/apps')).body as Page;
    expect(list.items[0]).toEqual((await api.call('GET', '/apps/Zebra')).body);
    expect(Object.keys(list).sort()).toEqual(['items', 'next_cursor']);
  });

  it.each([1, 2, 3, 6, 7, 8, 1000])(
    'comes in pages of %i, each app once and no page empty',
    async (limit) => {
      const pages = await all('', limit);
      expect(pages.flat()).toEqual(NAMES);
      expect(pages).toHaveLength(Math.ceil(NAMES.length / limit));
      for (const names of pages.slice(0, -1)) expect(names).toHaveLength(limit);
    },
  );

  it.each([
    ['a', ['a-1', 'a-2', 'a-3', 'a.1']],
    ['a-', ['a-1', 'a-2', 'a-3']],
    ['b', ['b', 'b-1']],
    ['b-1', ['b-1']],
    ['z', []],
    ['a_', []],
    ['', NAMES],
  ])('with the prefix %j has its names alone', async (prefix, names) => {
    expect((await page(`?prefix=${prefix}`)).names).toEqual(names);
    expect((await all(`&prefix=${prefix}`, 2)).flat()).toEqual(names);
  });

  it('shifts nothing when apps come and go between two pages', async () => {
    for (const name of ['m1', 'm2', 'm3', 'm4', 'm5']) await api.create(name);
    const first = await page('?limit=2&prefix=m');
    expect(first.names).toEqual(['m1', 'm2']);
    await api.create('m0');
    await api.call('DELETE', '/apps/m2');
    await api.call('DELETE', '/apps/m3');
    expect(await page(`?limit=2&prefix=m&cursor=${first.next}`)).toEqual({ names: ['m4', 'm5'], next: null });
    for (const name of ['m0', 'm1', 'm4', 'm5']) await api.call('DELETE', `/apps/${name}`);
  });

  it.each([
    ['limit=0', 'limit', '0'],
    ['limit=1001', 'limit', '1001'],
    ['limit=-1', 'limit', '-1'],
    ['limit=1.5', 'limit', '1.5'],
    ['limit=1e2', 'limit', '1e2'],
    ['limit=', 'limit', ''],
    ['limit=%201', 'limit', ' 1'],
    ['limit=NaN', 'limit', 'NaN'],
    [`limit=${'9'.repeat(400)}`, 'limit', '9'.repeat(200)],
    ['cursor=', 'cursor', ''],
    ['cursor=%21', 'cursor', '!'],
    ['cursor=LQ', 'cursor', 'LQ'],
    ['prefix=-', 'prefix', '-'],
    ['prefix=%00', 'prefix', '\0'],
    ['prefix=a%25', 'prefix', 'a%'],
    [`prefix=${'a'.repeat(64)}`, 'prefix', 'a'.repeat(64)],
    ['limit=1&limit=1', 'limit', undefined],
    ['page=2', 'page', undefined],
    ['__proto__=1', '__proto__', undefined],
    ['constructor=1', 'constructor', undefined],
  ])('refuses ?%s', async (query, parameter, value) => {
    const { errors } = expectProblem(await api.call('GET', `/apps?${query}`), PROBLEMS.invalidQuery);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({ parameter, ...(value === undefined ? {} : { value }) });
  });

  it('lists every parameter that is wrong', async () => {
    const { errors, detail } = expectProblem(
      await api.call('GET', '/apps?limit=0&cursor=!&prefix=-'),
      PROBLEMS.invalidQuery,
    );
    expect(errors?.map(({ parameter }) => parameter)).toEqual(['limit', 'cursor', 'prefix']);
    expect(detail).toContain('limit must be a whole number, 1 to 1000');
  });
});
