import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OwnMongo, startMongo } from '../../../../../tools/services/mongo.mjs';
import { createApi } from '../../create-api.js';
import { eventually } from '../../testing/eventually.js';

jest.setTimeout(60_000);

let server: OwnMongo;
let api: NestFastifyApplication | undefined;
let warnings: string[];

beforeEach(async () => {
  server = await startMongo((line) => process.stderr.write(`${line}\n`));
  warnings = [];
}, 600_000);

afterEach(async () => {
  await api?.close();
  api = undefined;
  await server.remove();
});

async function startApi(url: string): Promise<NestFastifyApplication> {
  const note = (...parts: unknown[]) => void warnings.push(JSON.stringify(parts));
  const logger: LoggerService = { log: () => undefined, warn: note, error: note };
  api = await createApi({
    ...{ store: { kind: 'mongo', url, database: 'nebula' }, feeds: [], logger, version: 'test' },
    ...{ verify_interval_seconds: 300, tombstone_retention_days: 90 },
  });
  await api.init();
  await api.getHttpAdapter().getInstance().ready();
  return api;
}

it('an api starts without its database, says so, and serves when it is there', async () => {
  await server.stop();
  const { url } = server;
  const started = await startApi(url.replace('://', '://me:s3cret@'));
  await started.close();
  expect(warnings.join('\n')).not.toContain('s3cret');

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
