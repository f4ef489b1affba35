import { afterEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../clock.js';
import { EventReader } from '../events/testing/event-reader.js';
import { PROBLEMS } from '../http/problem-types.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { reportOf } from '../store/testing/records.js';
import { type TokenRecord, TokenStore } from '../store/token-store.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import type { ApiUnderTest } from '../testing/api-under-test.js';
import { as, start, stopAll } from './testing/login-apis.js';
import { ADMIN, basic, bearer, LOGIN, makeToken } from './testing/logins.js';

afterEach(stopAll);

describe('a token', () => {
  it('that is revoked is refused at once by another instance, too, and its name is free', async () => {
    const one = await start({ login: LOGIN });
    const other = await start({ login: LOGIN, store: { kind: 'sqlite', path: one.database } });
    const first = await makeToken(one, { name: 'ci', rights: 'ro' });
    expect((await as(other, first)).status).toBe(200);
    const gone = await one.call('DELETE', '/tokens/ci', { headers: { authorization: ADMIN } });
    expect(gone.status).toBe(204);
    expectProblem(await as(other, first), PROBLEMS.unauthenticated);
    const second = await makeToken(other, { name: 'ci', rights: 'ro' });
    expect((await as(one, second)).status).toBe(200);
    expectProblem(await as(one, first), PROBLEMS.unauthenticated);
  });

  it('that was let in again and again is refused at once all the same', async () => {
    const one = await start({ login: LOGIN });
    const other = await start({ login: LOGIN, store: { kind: 'sqlite', path: one.database } });
    const clock = other.api.get(Clock);
    const expires_at = new Date(clock.now() + 3_600_000).toISOString();
    const revoked = await makeToken(one, { name: 'revoked', rights: 'ro' });
    const expires = await makeToken(one, { name: 'expires', rights: 'ro', expires_at });
    const statuses = async (login: string) => {
      const answers: number[] = [];
      for (let time = 1; time <= 4; time += 1) answers.push((await as(other, login)).status);
      return answers;
    };
    const changed = (login: string) => login.slice(0, -1) + (login.endsWith('A') ? 'B' : 'A');
    const [letIn, refused] = [
      [200, 200, 200, 200],
      [401, 401, 401, 401],
    ];
    expect(await statuses(revoked)).toEqual(letIn);
    clock.now = () => Date.parse(expires_at) - 1;
    expect(await statuses(expires)).toEqual(letIn);
    // What was let in says nothing of what is sent next, whoever shares a connection with whom.
    for (const login of [changed(revoked), changed(expires)])
      expectProblem(await as(other, login), PROBLEMS.unauthenticated);
    expect([...(await statuses(revoked)), ...(await statuses(expires))]).toEqual([...letIn, ...letIn]);

    clock.now = () => Date.parse(expires_at);
    expect(await statuses(expires)).toEqual(refused);
    expect(await statuses(revoked)).toEqual(letIn);
    await one.call('DELETE', '/tokens/revoked', { headers: { authorization: ADMIN } });
    expectProblem(await as(other, revoked), PROBLEMS.unauthenticated);
  });

  it('is what its record says by now, whichever instance has written that', async () => {
    const one = await start({ login: LOGIN });
    const other = await start({ login: LOGIN, store: { kind: 'sqlite', path: one.database } });
    one.authorization = ADMIN;
    await one.create('shop');
    const token = await makeToken(one, { name: 'ci', rights: 'rw' });
    const stores = [one, other].map(({ api }) => api.get(TokenStore));
    const record = await stores[0]?.get('ci');
    if (!record) throw new Error('the token was not kept');
    const change = async (api: ApiUnderTest) => {
      const { status, body } = await api.call('PATCH', '/apps/shop?dry_run=true', {
        json: { env_vars: {} },
        headers: { authorization: token, 'content-type': 'application/merge-patch+json' },
      });
      return status === 401 ? (body as { detail: string }).detail : status;
    };
    const changes = async () => [await change(one), await change(other)];
    const wrong = 'The token is wrong, or it was revoked.';
    const told: unknown[] = [await changes()];
    const written: Partial<TokenRecord>[] = [
      { rights: 'ro' },
      { apps: ['web'] },
      { hash: '00'.repeat(32) },
      { expires_at: '2026-01-01T00:00:00.000Z' },
      {},
    ];
    for (const [index, given] of written.entries()) {
      const writer = stores[index % 2];
      await writer?.remove('ci');
      await writer?.insert({ ...record, ...given });
      told.push(await changes());
    }
    const both = (answer: unknown) => [answer, answer];
    const expired = 'The token expired at 2026-01-01T00:00:00.000Z.';
    expect(told).toEqual([200, 403, 404, wrong, expired, 200].map(both));
  });

  it('that is revoked or expires ends the events that it follows', async () => {
    const api = await start({ login: LOGIN });
    const clock = api.api.get(Clock);
    const expires_at = new Date(clock.now() + 3_600_000).toISOString();
    const tokens = [
      await makeToken(api, { name: 'stays', rights: 'ro' }),
      await makeToken(api, { name: 'revoked', rights: 'ro' }),
      await makeToken(api, { name: 'expires', rights: 'ro', expires_at }),
    ];
    const readers = await Promise.all(
      tokens.map((token) => EventReader.open(`${api.url}/api/v3/events`, undefined, token)),
    );
    for (const reader of readers) await reader.got('start');
    await api.call('DELETE', '/tokens/revoked', { headers: { authorization: ADMIN } });
    clock.now = () => Date.parse(expires_at);
    await eventually(() => expect(readers.map(({ ended }) => ended)).toEqual([false, true, true]), 20_000);
    readers[0]?.leave();
  });

  it('has a bounded number of event streams, also when it asks for them all at once', async () => {
    const api = await start({ login: LOGIN });
    const [greedy, other] = [
      await makeToken(api, { name: 'greedy', rights: 'ro' }),
      await makeToken(api, { name: 'other', rights: 'ro' }),
    ];
    const open = async (token: string) =>
      await EventReader.open(`${api.url}/api/v3/events`, undefined, token).catch(() => null);
    const opened = await Promise.all(Array.from({ length: 60 }, () => open(greedy)));
    const readers = opened.filter((reader) => reader !== null);
    expect(readers).toHaveLength(50);
    expectProblem(await as(api, greedy, '/events'), PROBLEMS.tooManyStreams);
    for (const login of [other, ADMIN])
      readers.push(...[await open(login)].filter((reader) => reader !== null));
    expect(readers).toHaveLength(52);
    readers[0]?.leave();
    await eventually(async () => {
      const again = await open(greedy);
      expect(again).not.toBeNull();
      if (again) readers.push(again);
    });
    for (const reader of readers) reader.leave();
  });

  it('that is revoked while it waits is not told what it waited for', async () => {
    const api = await start({ login: LOGIN });
    api.authorization = ADMIN;
    await api.create('shop');
    const tokens = [
      await makeToken(api, { name: 'stays', rights: 'ro' }),
      await makeToken(api, { name: 'revoked', rights: 'ro' }),
    ];
    const waiting = Promise.all(tokens.map((token) => as(api, token, '/apps/shop/wait?timeout=600')));
    // Both are let in, and wait for a worker.
    const used = async () =>
      await Promise.all(['stays', 'revoked'].map((name) => api.api.get(TokenStore).get(name)));
    await eventually(async () => {
      for (const token of await used()) expect(token?.last_used_at).not.toBeNull();
    });
    expect((await api.call('DELETE', '/tokens/revoked')).status).toBe(204);
    api.broker.reports.publish(reportOf());
    expect((await waiting).map(({ status }) => status)).toEqual([200, 401]);
  });

  it('that has expired is told so to who has all of it', async () => {
    const api = await start({ login: LOGIN });
    const clock = api.api.get(Clock);
    const expires_at = new Date(clock.now() + 3_600_000).toISOString();
    const token = await makeToken(api, { name: 'ci', rights: 'ro', expires_at });
    expect((await as(api, token)).status).toBe(200);
    clock.now = () => Date.parse(expires_at);
    const { detail } = expectProblem(await as(api, token), PROBLEMS.unauthenticated);
    expect(detail).toBe(`The token expired at ${expires_at}.`);
    const end = token.endsWith('A') ? 'B' : 'A';
    const almost = expectProblem(await as(api, token.slice(0, -1) + end), PROBLEMS.unauthenticated);
    expect(almost.detail).toBe('The token is wrong, or it was revoked.');
  });

  it('has its last use noted, at most once a minute', async () => {
    const api = await start({ login: LOGIN });
    const clock = api.api.get(Clock);
    const token = await makeToken(api, { name: 'ci', rights: 'ro' });
    const lastUse = async () => (await api.api.get(TokenStore).get('ci'))?.last_used_at ?? null;
    expect(await lastUse()).toBeNull();
    const at = (seconds: number) => (clock.now = () => Date.parse('2027-01-01T00:00:00Z') + seconds * 1_000);
    for (const seconds of [0, 1, 59]) {
      at(seconds);
      await as(api, token);
      await eventually(async () => expect(await lastUse()).toBe('2027-01-01T00:00:00.000Z'));
    }
    at(60);
    await as(api, token);
    await eventually(async () => expect(await lastUse()).toBe('2027-01-01T00:01:00.000Z'));
  });

  it('is shown when it is made, and nothing of its secret afterwards', async () => {
    const api = await start({ login: LOGIN });
    api.authorization = ADMIN;
    const request = { name: 'ci', rights: 'rw', apps: ['shop'], expires_at: '2099-01-01T00:00:00+01:00' };
    const made = await api.call('POST', '/tokens', { json: request });
    const { token, ...rest } = made.body as { token: string };
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(made.headers.get('location')).toBe('/api/v3/tokens/ci');
    const secret = token.split('_').slice(2).join('_');
    expect(rest).toMatchObject({ ...request, expires_at: '2098-12-31T23:00:00.000Z', created_by: 'admin' });
    for (const path of ['/tokens', '/tokens/ci']) {
      const { body } = await api.call('GET', path);
      expect(JSON.stringify(body)).not.toContain(secret);
      expect(JSON.stringify(body)).not.toContain('hash');
    }
    expect((await api.call('GET', '/tokens')).body).toEqual({ items: [rest], next_cursor: null });
    expect(JSON.stringify(await api.api.get(TokenStore).get('ci'))).not.toContain(secret);
  });
});

describe('a store that is away', () => {
  it('keeps tokens out with 503, and no administrator', async () => {
    const api = await start({ login: LOGIN });
    const token = await makeToken(api, { name: 'ci', rights: 'ro' });
    api.api.get(TokenStore).byId = () => Promise.reject(new StoreUnavailableError('away'));
    expectProblem(await as(api, token), PROBLEMS.storeUnavailable);
    for (const login of [ADMIN, bearer(LOGIN.auth_token)])
      expect((await as(api, login, '/openapi.json')).status).toBe(200);
  });
});

describe('a request without a login', () => {
  it('is refused before its body is read, whatever it asks for', async () => {
    const api = await start({ login: LOGIN });
    const json = { 'content-type': 'application/json' };
    for (const parts of [
      { body: '{', headers: json },
      { body: ' '.repeat(300_000), headers: json },
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      { body: '{}', headers: { ...json, 'content-encoding': 'gzip' } },
      { body: '{}', headers: { ...json, origin: 'https://evil.example' } },
    ])
      expectProblem(await api.call('POST', '/apps?x=1', parts), PROBLEMS.unauthenticated);
    for (const authorization of ['', 'Basic', 'Digest x', 'Bearer', basic('admin', ''), `${ADMIN} x`])
      expect([authorization, (await as(api, authorization)).status]).toEqual([authorization, 401]);
  });

  it('is refused also where there is nothing to ask for', async () => {
    const api = await start({ login: LOGIN });
    const told = [
      ['GET', '/nowhere', PROBLEMS.unknownPath],
      ['PUT', '/apps', PROBLEMS.methodNotAllowed],
      ['GET', '//', PROBLEMS.unknownPath],
    ] as const;
    for (const [method, path, problem] of told) {
      expectProblem(await api.call(method, path), PROBLEMS.unauthenticated);
      expectProblem(await api.call(method, path, { headers: { authorization: ADMIN } }), problem);
    }
    expectProblem(await api.call('OPTIONS', '/apps'), PROBLEMS.unauthenticated);
    expect((await api.call('OPTIONS', '/apps', { headers: { authorization: ADMIN } })).status).toBe(204);
  });

  it('is told of a path that is open to everybody which methods it knows', async () => {
    const api = await start({ login: LOGIN });
    for (const path of ['//healthz', '//readyz', '//healthz?x=1']) {
      const { status, headers } = await api.call('OPTIONS', path);
      expect([path, status, headers.get('allow')]).toEqual([path, 204, 'GET, HEAD, OPTIONS']);
      expectProblem(await api.call('POST', path), PROBLEMS.methodNotAllowed);
    }
    for (const path of ['//metrics', '//healthz/x', '//docs'])
      expectProblem(await api.call('OPTIONS', path), PROBLEMS.unauthenticated);
  });

  it('is refused as HEAD where it is as GET', async () => {
    const api = await start({ login: LOGIN });
    const head = async (path: string, headers = {}) => (await api.call('HEAD', path, { headers })).status;
    expect(await head('/apps')).toBe(401);
    expect(await head('/apps', { authorization: ADMIN })).toBe(200);
    expect(await head('//docs')).toBe(401);
    expect(await head('//healthz')).toBe(200);
  });
});

describe('without a login', () => {
  it('nobody is asked, and what somebody says of themselves is not looked at', async () => {
    const api = await start();
    expect((await as(api, basic('x', 'y'))).status).toBe(200);
    expect((await api.call('POST', '/tokens', { json: { name: 'ci', rights: 'ro' } })).body).toMatchObject({
      created_by: 'anyone',
    });
  });
});
