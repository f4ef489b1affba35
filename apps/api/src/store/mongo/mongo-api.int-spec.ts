import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SEARCHED_LINES,
  SEARCHED_LOG,
  searchLogged,
} from '../../../../../libs/messaging/src/testing/searched-log.js';
import { type OwnMongo, startMongo } from '../../../../../tools/services/mongo.mjs';
import { secret } from '../../../../../tools/test/known-secrets.mjs';
import { bearer, LOGIN } from '../../access/testing/logins.js';
import type { ApiOptions } from '../../api-options.js';
import { createApi } from '../../create-api.js';
import { loadStoreConfiguration, runBackup, runRestore } from '../../program/run-backup.js';
import { eventually } from '../../testing/eventually.js';
import { MongoDatabase } from './mongo-database.js';
import { MONGO_LIMITS } from './mongo-options.js';
import { MongoAppStore } from './mongo-app-store.js';
import { testKey } from '../testing/keys.js';
import { recordOf } from '../testing/records.js';

jest.setTimeout(60_000);

/** Until the history of an app that was changed is cut. */
const CUT_LIMIT_MS = 20_000;

let server: OwnMongo;
const apis: NestFastifyApplication[] = [];
let warnings: string[];

beforeEach(async () => {
  server = await startMongo((line) => process.stderr.write(`${line}\n`));
  warnings = [];
}, 600_000);

afterEach(async () => {
  for (const api of apis.splice(0)) await api.close();
  await server.remove();
});

async function startApi(url: string, given: Partial<ApiOptions> = {}): Promise<NestFastifyApplication> {
  const note = (...parts: unknown[]) => {
    searchLogged(...parts);
    warnings.push(JSON.stringify(parts));
  };
  const logger: LoggerService = { ...SEARCHED_LOG, warn: note, error: note };
  const api = await createApi({
    ...{ store: { kind: 'mongo', url, database: 'nebula' }, feeds: [], logger, version: 'test' },
    ...{ verify_interval_seconds: 300, tombstone_retention_days: 90 },
    ...given,
  });
  apis.push(api);
  await api.init();
  await api.getHttpAdapter().getInstance().ready();
  return api;
}

it('an api starts without its database, says so, and serves when it is there', async () => {
  await server.stop();
  const { url } = server;
  const started = await startApi(url.replace('://', `://me:${secret('s3cret-w0rd')}@`));
  await started.close();
  expect(warnings.join('\n')).not.toContain('s3cret-w0rd');

  const running = await startApi(url);
  const ready = () => running.inject({ method: 'GET', url: '/readyz' });
  await eventually(async () => {
    const { statusCode, body } = await ready();
    expect(statusCode).toBe(503);
    expect(body).toMatch(/store: MongoDB at 127\.0\.0\.1:\d+ can't be reached \(connect ECONNREFUSED/);
  }, 20_000);
  const spec = { app_name: 'shop', docker_image: 'shop:1' };
  const create = () => running.inject({ method: 'POST', url: '/api/v3/apps', payload: spec });
  const refused = await create();
  expect(refused.statusCode).toBe(503);
  expect(refused.headers['content-type']).toContain('application/problem+json');

  await server.start();
  await eventually(async () => expect((await ready()).statusCode).toBe(200), 20_000);
  expect((await create()).statusCode).toBe(201);
  expect((await running.inject({ method: 'GET', url: '/api/v3/apps/shop' })).json()).toMatchObject(spec);
});

it('a token that one api has revoked is refused at once by another one on the same database', async () => {
  const [one, other] = [
    await startApi(server.url, { login: LOGIN }),
    await startApi(server.url, { login: LOGIN }),
  ];
  const admin = { authorization: bearer(secret(LOGIN.auth_token)) };
  const made = await one.inject({
    ...{ method: 'POST', url: '/api/v3/tokens', headers: admin },
    payload: { name: 'ci', rights: 'ro' },
  });
  expect(made.statusCode).toBe(201);
  const authorization = bearer(secret(made.json<{ token: string }>().token));
  const asked = async () =>
    (await other.inject({ method: 'GET', url: '/api/v3/apps', headers: { authorization } })).statusCode;
  expect([await asked(), await asked()]).toEqual([200, 200]);
  const revoked = await one.inject({ method: 'DELETE', url: '/api/v3/tokens/ci', headers: admin });
  expect(revoked.statusCode).toBe(204);
  expect(await asked()).toBe(401);
});

it('changes by two apis in turn each go on from what the other has made, and are refused by that alone', async () => {
  const [one, other] = [await startApi(server.url), await startApi(server.url)];
  const url = '/api/v3/apps/shop';
  const created = { app_name: 'shop', docker_image: 'shop:1', env_vars: { A: '0' } };
  await one.inject({ method: 'POST', url: '/api/v3/apps', payload: created });
  const patch = (api: NestFastifyApplication, env_vars: object, headers = {}) =>
    api.inject({
      ...{ method: 'PATCH', url, payload: JSON.stringify({ env_vars }) },
      headers: { 'content-type': 'application/merge-patch+json', ...headers },
    });
  for (const api of [one, other]) await api.inject({ method: 'GET', url });
  expect((await patch(one, { A: '1' })).json()).toMatchObject({ revision: 2 });
  // It has read the first revision last.
  expect((await patch(other, { B: '2' })).json()).toMatchObject({ revision: 3 });
  const expected = await patch(one, { C: '3' }, { 'if-match': '"3"' });
  expect(expected.statusCode).toBe(200);
  expect(expected.json()).toMatchObject({ revision: 4, env_vars: { A: '1', B: '2', C: '3' } });
  const nothing = await patch(other, { C: '3' });
  expect(nothing.json()).toMatchObject({ revision: 4 });
  await one.inject({ method: 'DELETE', url });
  expect((await patch(other, { D: '4' })).statusCode).toBe(404);
  expect(await revisionsAt(other, url)).toEqual([5, 4, 3, 2, 1]);
});

it('what an api remembers of an app refuses no change, and brings back no revision that is forgotten', async () => {
  const one = await startApi(server.url, { history_limit: 2, secret_keys: [testKey('one')] });
  const other = await startApi(server.url, { history_limit: 2, secret_keys: [testKey('other')] });
  const url = '/api/v3/apps/shop';
  const ask = (api: NestFastifyApplication, method: 'GET' | 'PUT' | 'PATCH', payload = {}, headers = {}) => {
    const type = { 'content-type': `application/${method === 'PATCH' ? 'merge-patch+' : ''}json` };
    const body = method === 'GET' ? {} : { payload: JSON.stringify(payload) };
    return api.inject({ method, url, ...body, headers: { ...(method === 'GET' ? {} : type), ...headers } });
  };
  const spec = { app_name: 'shop', docker_image: 'shop:1' };
  const guarded = { ...spec, env_vars: { TOKEN: secret('0f-the-other-api') }, secret_env_vars: ['TOKEN'] };
  expect((await ask(other, 'PUT', guarded)).json()).toMatchObject({ revision: 1 });
  // It can't read the secret, so it could change nothing.
  expect((await ask(one, 'GET')).statusCode).toBe(200);
  expect((await ask(one, 'PATCH', { env_vars: { A: '1' } })).statusCode).toBe(503);
  expect((await ask(other, 'PUT', spec)).json()).toMatchObject({ revision: 2 });
  const changed = await ask(one, 'PATCH', { env_vars: { A: '1' } });
  expect(changed.json()).toMatchObject({ revision: 3, env_vars: { A: '1' } });

  for (const [index, A] of ['2', '3', '4'].entries())
    expect((await ask(other, 'PATCH', { env_vars: { A } })).json()).toMatchObject({ revision: 4 + index });
  await eventually(async () => expect(await revisionsAt(other, url)).toEqual([6, 5]), CUT_LIMIT_MS);
  // The third revision is what it has read last.
  expect((await ask(one, 'PATCH', { env_vars: { A: '5' } }, { 'if-match': '"3"' })).statusCode).toBe(412);
  await eventually(async () => expect(await revisionsAt(one, url)).toEqual([6, 5]), CUT_LIMIT_MS);
});

async function revisionsAt(api: NestFastifyApplication, url: string): Promise<number[]> {
  const history = await api.inject({ method: 'GET', url: `${url}/revisions` });
  return history.json<{ items: { revision: number }[] }>().items.map(({ revision }) => revision);
}

it('an api that runs while a backup is brought in refuses all, says why, sends nothing out, and then serves what came', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nebula-restored-'));
  try {
    const environment = (database: string) => ({ MONGO_URL: server.url, SCHEMA_NAME: database });
    const configuration = (database: string) =>
      loadStoreConfiguration({ environment: environment(database), file: join(folder, 'conf.json') });
    const first = await startApi(server.url);
    const spec = { app_name: 'shop', docker_image: 'shop:1' };
    const create = (api: NestFastifyApplication, app_name: string) =>
      api.inject({ method: 'POST', url: '/api/v3/apps', payload: { ...spec, app_name } });
    expect((await create(first, 'shop')).statusCode).toBe(201);
    await writeFile(join(folder, 'conf.json'), '{}');
    const file = join(folder, 'backup');
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    expect(await runBackup(configuration('nebula'), file, say)).toBe(0);

    const broker = new InProcessBroker({ directory: join(folder, 'feed') });
    const running = await startApi(server.url, {
      ...{ store: { kind: 'mongo', url: server.url, database: 'other' }, feeds: [broker.feed] },
    });
    const get = async (path: string) => await running.inject({ method: 'GET', url: path });
    expect((await get('/api/v3/apps')).json()).toMatchObject({ items: [] });
    const begun = Math.floor(Date.now() / 1_000);
    const restored = runRestore({ ...configuration('other'), secret_keys: [] }, file, { say });
    await eventually(async () => {
      const { statusCode, body } = await get('/readyz');
      expect(statusCode).toBe(503);
      expect(body).toMatch(/store: the database other of MongoDB at \S+ has a part of a backup alone/);
    }, 20_000);
    expect((await create(running, 'mixed')).statusCode).toBe(503);
    expect((await get('/api/v3/apps')).statusCode).toBe(503);
    expect(await broker.feed.readNewest('shop')).toBeNull();

    expect({ code: await restored, lines }).toMatchObject({ code: 0 });
    // It finds out by itself that it is over, and that everything has to be sent out.
    await eventually(async () => {
      expect((await get('/api/v3/apps')).json()).toMatchObject({ items: [spec] });
      const newest = await broker.feed.readNewest('shop');
      expect(newest).toMatchObject({ revision: 1 });
      // A restored state has the time of its restore for an epoch.
      expect(newest?.epoch).toBeGreaterThanOrEqual(begun);
    }, 60_000);
    expect((await create(running, 'mixed')).statusCode).toBe(201);
  } finally {
    for (const api of apis.splice(0)) await api.close();
    await rm(folder, { recursive: true, force: true });
  }
});

it('nothing is written any more by anybody else when a restore has begun', async () => {
  const options = { url: server.url, database: 'nebula' };
  const limits = { ...MONGO_LIMITS, call: 3_000 };
  const [serving, restoring] = [0, 1].map(() => new MongoDatabase(options, SEARCHED_LINES, limits));
  if (!serving || !restoring) throw new Error('There are two.');
  const [theirs, ours] = [new MongoAppStore(serving), new MongoAppStore(restoring)];
  const count = async () => (await ours.changedSince({ updated_at: '', app_name: '' }, 10_000)).length;
  let written = 0;
  let isOver = false;
  const writing = (async () => {
    let refusal: unknown = null;
    while (!isOver)
      try {
        await theirs.insert(recordOf(`app-${written}`));
        written += 1;
      } catch (error) {
        refusal = error;
      }
    return refusal;
  })();
  await eventually(async () => expect(written).toBeGreaterThan(2), 20_000);
  await restoring.beginRestore();
  const before = await count();
  expect(before).toBe(written);
  await ours.insert(recordOf('restored'));
  await restoring.endRestore();
  // From then on it serves again.
  await eventually(async () => expect(written).toBeGreaterThan(before), 20_000);
  isOver = true;
  expect(String(await writing)).toContain('has a part of a backup alone');
  await serving.close();
  await restoring.close();
});
