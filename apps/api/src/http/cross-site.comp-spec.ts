import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { expectProblem } from '../testing/expect-problem.js';
import { rawRequest } from '../testing/raw-request.js';
import { PROBLEMS } from './problem-types.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.create('shop');
});
afterAll(() => api.stop());

const WRITES = [
  ['POST', '/apps/shop/restart'],
  ['POST', '/apps/shop/stop'],
  ['DELETE', '/apps/shop'],
  ['POST', '/apps'],
  ['PATCH', '/apps/shop'],
] as const;

// What a browser sends along with a request of a page. fetch lets nobody set these headers, so it is written out.
async function ask(method: string, path: string, headers: Record<string, string>): Promise<number> {
  const lines = [`${method} /api/v3${path} HTTP/1.1`, `host: 127.0.0.1:${api.port}`, 'connection: close'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  const answer = await rawRequest(api.port, [...lines, '', ''].join('\r\n'));
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

describe('a change that a page of another site asks for', () => {
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    // Another port of this machine.
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'Cross-Site', origin: 'http://shop.example' },
    { origin: 'http://shop.example' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'null' },
  ];

  it.each(foreign)('is refused, as told by %j', async (headers) => {
    for (const [method, path] of WRITES)
      expect([path, await ask(method, path, headers)]).toEqual([path, 403]);
    expect(await api.stored('shop')).toMatchObject([{ revision: 1, deleted: false }]);
  });

  it('is told why', async () => {
    const answer = await api.call('POST', '/apps/shop/restart', {
      headers: { origin: 'http://shop.example' },
    });
    expect(expectProblem(answer, PROBLEMS.crossSite).detail).toContain('http://shop.example');
  });

  it('may be read, which changes nothing', async () => {
    for (const headers of foreign) expect(await ask('GET', '/apps/shop', headers)).toBe(200);
  });
});

describe('a change that is asked for', () => {
  it.each([
    ['by a program, which sends neither header', () => ({})],
    ['by hand in a browser', () => ({ 'sec-fetch-site': 'none' })],
    ['by our own page', () => ({ 'sec-fetch-site': 'same-origin', origin: api.url })],
    ['by our own page in an old browser', () => ({ origin: api.url })],
    [
      'by our own page behind a proxy that has another name',
      () => ({ 'sec-fetch-site': 'same-origin', origin: 'https://nebula.example' }),
    ],
  ] as const)('%s is made', async (_by, headers) => {
    const [before] = (await api.stored('shop')) as { revision: number }[];
    expect(await ask('POST', '/apps/shop/restart', headers())).toBe(202);
    expect(await api.stored('shop')).toMatchObject([{ revision: (before?.revision ?? 0) + 1 }]);
  });
});
