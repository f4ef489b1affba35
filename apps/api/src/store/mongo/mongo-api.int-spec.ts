import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SEARCHED_LOG, searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { type OwnMongo, startMongo } from '../../../../../tools/services/mongo.mjs';
import { secret } from '../../../../../tools/test/known-secrets.mjs';
import { bearer, LOGIN } from '../../access/testing/logins.js';
import type { ApiOptions } from '../../api-options.js';
import { createApi } from '../../create-api.js';
import { eventually } from '../../testing/eventually.js';

jest.setTimeout(60_000);

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
