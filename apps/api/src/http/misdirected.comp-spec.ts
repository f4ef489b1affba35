import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { rawRequest } from '../testing/raw-request.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start({ names: ['nebula.example'] });
  await api.create('shop');
});
afterAll(() => api.stop());

async function ask(method: string, path: string, host: string): Promise<string> {
  return await rawRequest(
    api.port,
    `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\nsec-fetch-site: same-origin\r\n\r\n`,
  );
}

describe('over the loopback', () => {
  it.each([
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '10.0.0.1',
  ])('the name %s is refused, with what to do', async (host) => {
    for (const [method, path] of [
      ['GET', '/api/v3/apps'],
      ['POST', '/api/v3/apps/shop/restart'],
    ] as const) {
      const answer = await ask(method, path, host);
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
      expect(answer).toContain('urn:nebula:problem:misdirected');
      expect(answer).toContain('api_names');
    }
    expect(await api.stored('shop')).toMatchObject([{ revision: 1 }]);
  });

  it.each([
    'localhost',
    'LOCALHOST:8000',
    'shop.localhost',
    '127.0.0.1:8000',
    '127.1.2.3',
    '[::1]:8000',
    'nebula.example',
    'Nebula.Example:443',
  ])('%s is served', async (host) => {
    expect(await ask('GET', '/api/v3/apps', host)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('a client that names no server is served', async () => {
    expect(await rawRequest(api.port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});
