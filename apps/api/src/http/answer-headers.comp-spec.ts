import { afterEach, describe, expect, it } from '@jest/globals';
import { request as requestByTls } from 'node:https';
import { makeCertificates } from '../../../../libs/messaging/src/testing/certificates.js';
import { ADMIN, LOGIN } from '../access/testing/logins.js';
import { Clock } from '../clock.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { expectProblem } from '../testing/expect-problem.js';
import { FaultyStore } from '../testing/faulty-store.js';
import { rawRequest } from '../testing/raw-request.js';
import { PROBLEMS } from './problem-types.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

let api: ApiUnderTest;
const start = async (...given: Parameters<typeof ApiUnderTest.start>) => {
  api = await ApiUnderTest.start(...given);
};
afterEach(async () => await api.stop());

const PROTECTING = [
  'content-security-policy',
  'cross-origin-resource-policy',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
];

describe('every answer', () => {
  it('has the id of its request, as the problem and the log have it', async () => {
    await start();
    const store = new FaultyStore(api.store);
    store.fail(new TypeError('broken'), 'list');
    const answer = await api.call('GET', '/apps');
    const { instance } = expectProblem(answer, PROBLEMS.internalError);
    const id = answer.headers.get('x-request-id');
    expect(instance).toBe(`urn:uuid:${id}`);
    expect(api.problems.filter((line) => line.includes(String(id)))).toHaveLength(1);
    const ids = await Promise.all(
      [1, 2].map(async () => (await api.call('GET', '//healthz')).headers.get('x-request-id')),
    );
    expect(new Set([id, ...ids]).size).toBe(3);
    // What no router can read.
    const undecodable = await api.call('GET', '/apps/%zz');
    const problem = expectProblem(undecodable, PROBLEMS.malformedRequest);
    expect(problem.instance).toBe(`urn:uuid:${undecodable.headers.get('x-request-id')}`);
  });

  it('is kept by browsers from being anything else, refusals too', async () => {
    await start({ login: LOGIN });
    for (const path of ['//healthz', '/apps', '/nowhere', '//docs', '/openapi.json', '/apps/%zz']) {
      for (const headers of [{}, { authorization: ADMIN }]) {
        const answer = await api.call('GET', path, { headers });
        const missing = PROTECTING.filter((name) => !answer.headers.has(name));
        expect([path, answer.status, missing]).toEqual([path, answer.status, []]);
        expect(answer.headers.get('x-request-id')).toMatch(UUID);
        expect(answer.headers.has('strict-transport-security')).toBe(false);
        expect(answer.headers.has('access-control-allow-origin')).toBe(false);
        expect(answer.headers.has('server') || answer.headers.has('x-powered-by')).toBe(false);
      }
    }
    const page = await api.call('GET', '//docs', { headers: { authorization: ADMIN } });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const data = await api.call('GET', '/apps', { headers: { authorization: ADMIN } });
    expect(data.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
  });
});

describe('pages of another site', () => {
  const PAGE = 'https://nebula.example';
  const preflight = async (origin: string, path = '/apps') =>
    await api.call('OPTIONS', path, { headers: { origin, 'access-control-request-method': 'PATCH' } });

  it('may use the api when their origin is known, with a token of their own', async () => {
    await start({ login: LOGIN, http: { cors_origins: [PAGE] } });
    const allowed = await preflight(PAGE);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(allowed.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/authorization.*if-match/);
    expect(allowed.headers.has('access-control-allow-credentials')).toBe(false);
    const json = { app_name: 'shop', docker_image: 'shop:1' };
    const headers = { origin: PAGE, authorization: ADMIN };
    const made = await api.call('POST', '/apps', { json, headers });
    expect(made.status).toBe(201);
    expect(made.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(made.headers.get('access-control-expose-headers')).toContain('etag');
    expect(made.headers.get('vary')).toBe('origin');
    const exported = await api.call('GET', '/export', { headers });
    expect(exported.headers.get('vary')).toBe('origin, Accept');
    // A refusal can be read, too.
    const refused = await api.call('GET', '/apps', { headers: { origin: PAGE } });
    expectProblem(refused, PROBLEMS.unauthenticated);
    expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE);
  });

  it('may not otherwise', async () => {
    await start({ http: { cors_origins: [PAGE] } });
    for (const origin of ['https://evil.example', `${PAGE}.evil.example`, 'null', 'http://nebula.example']) {
      const answer = await preflight(origin);
      expect(answer.status).toBe(204);
      expect(answer.headers.has('access-control-allow-origin')).toBe(false);
      const json = { app_name: 'shop', docker_image: 'shop:1' };
      expectProblem(await api.call('POST', '/apps', { json, headers: { origin } }), PROBLEMS.crossSite);
    }
    expectProblem(
      await api.call('OPTIONS', '/nowhere', { headers: { origin: 'null' } }),
      PROBLEMS.unknownPath,
    );
  });
});

describe('more requests than one address may make', () => {
  it('are refused until the minute is over, those of others and health are not', async () => {
    await start({ http: { rate_limit_per_minute: 3, trusted_proxies: ['127.0.0.1'] } });
    const from = async (address: string, path = '/apps') =>
      await api.call('GET', path, { headers: { 'x-forwarded-for': address } });
    const clock = api.api.get(Clock);
    const statuses = [];
    for (const seconds of [0, 10, 20, 58.5]) {
      clock.elapsed = () => seconds * 1_000;
      statuses.push((await from('2001:db8::1')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await from('2001:db8::2');
    const { detail } = expectProblem(refused, PROBLEMS.tooManyRequests);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(detail).toContain('3 requests a minute');
    expect((await from('10.0.0.1')).status).toBe(200);
    expect((await from('2001:db8::1', '//healthz')).status).toBe(200);
    expect((await from('2001:db8::1', '//readyz')).status).toBe(200);
    clock.elapsed = () => 60_000;
    expect((await from('2001:db8::2')).status).toBe(200);
  });
});

describe('requests that come to no handler', () => {
  it('count for an address like all others', async () => {
    await start({ http: { rate_limit_per_minute: 3 } });
    api.api.get(Clock).elapsed = () => 0;
    expectProblem(await api.call('GET', '/nowhere'), PROBLEMS.unknownPath);
    expectProblem(await api.call('PUT', '/apps'), PROBLEMS.methodNotAllowed);
    expect((await api.call('OPTIONS', '/apps')).status).toBe(204);
    for (const [method, path] of [
      ['GET', '/nowhere'],
      ['PUT', '/apps'],
      ['OPTIONS', '/apps'],
      ['GET', '/apps'],
    ] as const)
      expectProblem(await api.call(method, path), PROBLEMS.tooManyRequests);
    expect((await api.call('GET', '//healthz')).status).toBe(200);
  });

  it('count also where they name another server', async () => {
    await start({ http: { rate_limit_per_minute: 1 } });
    api.api.get(Clock).elapsed = () => 0;
    const ask = async () =>
      await rawRequest(
        api.port,
        'GET /api/v3/apps HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      );
    expect(await ask()).toMatch(/^HTTP\/1\.1 421 /);
    expect(await ask()).toMatch(/^HTTP\/1\.1 429 /);
  });
});

describe('more requests than a network of 48 bits may make, each from another of its networks of 64', () => {
  it('are refused, and those of other networks are not', async () => {
    await start({ http: { rate_limit_per_minute: 1, trusted_proxies: ['127.0.0.1'] } });
    const from = async (address: string) =>
      (await api.call('GET', '/apps', { headers: { 'x-forwarded-for': address } })).status;
    const statuses = [];
    for (let count = 0; count < 17; count += 1) statuses.push(await from(`2001:db8:1:${count}::1`));
    expect(statuses).toEqual([...Array<number>(16).fill(200), 429]);
    expect(await from('2001:db8:2::1')).toBe(200);
  });
});

describe('an api with a certificate', () => {
  it('is asked by HTTPS, and says that it will always be', async () => {
    const { ca, server } = await makeCertificates();
    await start({ http: { tls: server }, login: LOGIN });
    const answer = await new Promise<{ status?: number; policy?: unknown }>((resolve, reject) => {
      const call = requestByTls(
        { host: '127.0.0.1', port: api.port, path: '/api/v3/apps', ca, headers: { authorization: ADMIN } },
        (response) => {
          response.resume();
          const policy = response.headers['strict-transport-security'];
          resolve({ status: response.statusCode ?? 0, policy });
        },
      );
      call.on('error', reject).end();
    });
    expect(answer).toEqual({ status: 200, policy: 'max-age=31536000' });
    await expect(api.call('GET', '/apps')).rejects.toThrow();
  });
});
