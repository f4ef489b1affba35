import { hash } from '@node-rs/argon2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../clock.js';
import { PROBLEMS } from '../http/problem-types.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { TokenStore } from '../store/token-store.js';
import { eventually } from '../testing/eventually.js';
import { expectProblem } from '../testing/expect-problem.js';
import { LOOK_UPS_AT_ONCE } from './look-up-places.js';
import { as, start, stopAll } from './testing/login-apis.js';
import { ADMIN, basic, bearer, LOGIN, makeToken } from './testing/logins.js';

afterEach(stopAll);

/** Lets no look-up of a token end until `goOn`, and then answers what `byId` does. */
function heldLookUps(
  api: Awaited<ReturnType<typeof start>>,
  byId: (id: string) => ReturnType<TokenStore['byId']> | null,
) {
  const held = { begun: 0, goOn: () => {} };
  const gate = new Promise<void>((resolve) => (held.goOn = resolve));
  api.api.get(TokenStore).byId = async (id) => {
    held.begun += 1;
    await gate;
    return await byId(id);
  };
  return held;
}

describe('logins that fail', () => {
  it('are slowed from the sixth on, with the right password too unless it was right before', async () => {
    const api = await start({ login: LOGIN });
    const token = await makeToken(api, { name: 'ci', rights: 'ro' });
    const clock = api.api.get(Clock);
    clock.elapsed = () => 1_000;
    for (let count = 0; count < 5; count += 1)
      expectProblem(await as(api, basic('admin', `wrong ${count}`)), PROBLEMS.unauthenticated);
    expectProblem(await as(api, bearer('wrong')), PROBLEMS.unauthenticated);
    const slowed = [basic('admin', 'wrong'), basic('admin', 'wrong 0'), bearer(LOGIN.auth_token), token];
    for (const login of slowed) {
      const answer = await as(api, login);
      expectProblem(answer, PROBLEMS.tooManyLogins);
      expect(Number(answer.headers.get('retry-after'))).toBe(1);
    }
    expect((await as(api, ADMIN)).status).toBe(200);
    // Whoever asks for no login isn't kept from what is open.
    expect((await api.call('GET', '//healthz')).status).toBe(200);
    const told = api.problems.filter((line) => line.includes('logins from an address are slowed'));
    expect(told).toHaveLength(1);
    expect(told.join()).toContain('127.0.0.1');
    expect(told.join()).not.toContain('wrong');
    clock.elapsed = () => 2_000;
    expect((await as(api, token)).status).toBe(200);
  });

  it('of one address slow no other', async () => {
    const api = await start({ login: LOGIN, http: { trusted_proxies: ['127.0.0.1'] } });
    api.api.get(Clock).elapsed = () => 1_000;
    const from = async (address: string, authorization: string) =>
      (await api.call('GET', '/apps', { headers: { authorization, 'x-forwarded-for': address } })).status;
    for (let count = 0; count < 6; count += 1) await from('2001:db8::1', basic('admin', `wrong ${count}`));
    expect(await from('2001:db8::2', ADMIN)).toBe(429);
    expect(await from('2001:db8:0:1::2', ADMIN)).toBe(200);
  });

  it('are slowed with credentials, too, that were right from another address alone', async () => {
    const api = await start({ login: LOGIN, http: { trusted_proxies: ['127.0.0.1'] } });
    api.api.get(Clock).elapsed = () => 1_000;
    const from = async (address: string, authorization: string) =>
      (await api.call('GET', '/apps', { headers: { authorization, 'x-forwarded-for': address } })).status;
    const token = await makeToken(api, { name: 'ci', rights: 'ro' });
    const right = [ADMIN, bearer(LOGIN.auth_token), token];
    for (const login of right) expect(await from('192.0.2.1', login)).toBe(200);
    for (let count = 0; count < 6; count += 1) await from('192.0.2.2', basic('admin', `wrong ${count}`));
    for (const login of right) expect(await from('192.0.2.2', login)).toBe(429);
    for (let count = 0; count < 6; count += 1) await from('192.0.2.1', basic('admin', `wrong ${count}`));
    for (const login of right) expect(await from('192.0.2.1', login)).toBe(200);
    expect(await from('192.0.2.1', bearer('wrong'))).toBe(429);
  });

  it('are slowed also when they come all at once', async () => {
    const api = await start({ login: LOGIN });
    api.api.get(Clock).elapsed = () => 1_000;
    const guess = (count: number) =>
      bearer(`nebula_${count.toString(16).padStart(16, '0')}_${'x'.repeat(43)}`);
    const lookUps = heldLookUps(api, () => null);
    const statuses: number[] = [];
    const all = Array.from({ length: 60 }, async (_, count) => {
      statuses.push((await as(api, guess(count))).status);
    });
    await eventually(() => expect(lookUps.begun).toBe(LOOK_UPS_AT_ONCE));
    lookUps.goOn();
    await Promise.all(all);
    const wrong = statuses.filter((status) => status === 401).length;
    expect(wrong).toBe(lookUps.begun);
    expect(wrong).toBeLessThanOrEqual(LOOK_UPS_AT_ONCE + 6);
    expect(statuses.filter((status) => status === 429)).toHaveLength(60 - wrong);
    expect(api.problems.join()).toContain('are slowed');
  });

  it('are not what many right tokens are that come from one address at once', async () => {
    const api = await start({ login: LOGIN });
    api.api.get(Clock).elapsed = () => 1_000;
    const tokens: string[] = [];
    for (let count = 0; count < 30; count += 1)
      tokens.push(await makeToken(api, { name: `t${count}`, rights: 'ro' }));
    const store = api.api.get(TokenStore);
    const lookUps = heldLookUps(api, store.byId.bind(store));
    const all = Promise.all(tokens.map(async (token) => (await as(api, token)).status));
    await eventually(() => expect(lookUps.begun).toBe(LOOK_UPS_AT_ONCE));
    lookUps.goOn();
    expect(await all).toEqual(tokens.map(() => 200));
    expect(api.problems.filter((line) => line.includes('are slowed'))).toEqual([]);
  });

  it('do not count where the token is right, has expired or can not be looked up', async () => {
    const api = await start({ login: LOGIN, http: { trusted_proxies: ['127.0.0.1'] } });
    const clock = api.api.get(Clock);
    clock.elapsed = () => 1_000;
    const expires_at = new Date(clock.now() + 3_600_000).toISOString();
    const tokens: string[] = [];
    for (let count = 0; count < 8; count += 1)
      tokens.push(await makeToken(api, { name: `t${count}`, rights: 'ro', expires_at }));
    const all = async (address: string) => {
      const statuses = new Set<number>();
      for (const authorization of tokens) {
        const headers = { authorization, 'x-forwarded-for': address };
        statuses.add((await api.call('GET', '/apps', { headers })).status);
      }
      return [...statuses];
    };
    expect(await all('192.0.2.1')).toEqual([200]);
    const [first = ''] = tokens;
    const parallel = Array.from({ length: 20 }, async () => {
      const headers = { authorization: first, 'x-forwarded-for': '192.0.2.4' };
      return (await api.call('GET', '/apps', { headers })).status;
    });
    expect(new Set(await Promise.all(parallel))).toEqual(new Set([200]));
    const store = api.api.get(TokenStore);
    const byId = store.byId.bind(store);
    store.byId = () => Promise.reject(new StoreUnavailableError('away'));
    expect(await all('192.0.2.2')).toEqual([503]);
    store.byId = byId;
    clock.now = () => Date.parse(expires_at);
    expect(await all('192.0.2.3')).toEqual([401]);
    expect(api.problems.filter((line) => line.includes('are slowed'))).toEqual([]);
  });

  it('may come from a proxy that nobody trusts, whose word then counts for nothing', async () => {
    const api = await start({ login: LOGIN });
    api.api.get(Clock).elapsed = () => 1_000;
    const statuses: number[] = [];
    for (let count = 0; count < 8; count += 1) {
      const headers = {
        authorization: basic('admin', `wrong ${count}`),
        'x-forwarded-for': `10.0.0.${count}`,
      };
      statuses.push((await api.call('GET', '/apps', { headers })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
  });
});

describe('a password that is configured as its hash', () => {
  it('is paid for once, by however many requests', async () => {
    const password = await hash('hunter2', { memoryCost: 8_192, timeCost: 2 });
    const api = await start({ login: { administrator: { user: 'root', password } } });
    // More than may wait for a check of their own.
    const answers = await Promise.all(Array.from({ length: 60 }, () => as(api, basic('root', 'hunter2'))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expectProblem(await as(api, basic('root', password)), PROBLEMS.unauthenticated);
    expectProblem(await as(api, basic('root', 'hunter3')), PROBLEMS.unauthenticated);
    // There is no such token.
    expectProblem(await as(api, bearer(LOGIN.auth_token)), PROBLEMS.unauthenticated);
  });
});
