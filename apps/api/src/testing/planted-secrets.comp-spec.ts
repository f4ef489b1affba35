import { afterEach, expect, it } from '@jest/globals';
import { secret, takeFindings } from '../../../../tools/test/known-secrets.mjs';
import { ApiLog } from '../api-log.js';
import { EventReader } from '../events/testing/event-reader.js';
import { ApiUnderTest } from './api-under-test.js';
import { rawRequest } from './raw-request.js';

let api: ApiUnderTest;
afterEach(async () => await api.stop());

it('a secret that an api under test gives away is found, by whichever way', async () => {
  api = await ApiUnderTest.start();
  const inTheOpen = { env_vars: { NO_SECRET: secret('planted-in-an-answer') } };
  const { headers } = await api.create('shop', inTheOpen);
  expect(takeFindings()).toEqual([expect.stringMatching(/ in the answer to POST .*\/apps, 201$/)]);

  const host = `host: 127.0.0.1:${api.port}`;
  await rawRequest(api.port, `GET /api/v3/apps/shop HTTP/1.1\r\n${host}\r\nconnection: close\r\n\r\n`);
  expect(takeFindings()).toEqual([expect.stringContaining('what came back over a connection')]);

  const log = api.api.get(ApiLog);
  log.debug('a line', { seen: 'planted-in-an-answer' });
  expect(takeFindings()).toEqual([expect.stringContaining('the log of an api')]);
  log.error('a line', {}, new Error('failed', { cause: new Error('because of planted-in-an-answer') }));
  expect(takeFindings()).toEqual([expect.stringContaining('the log of an api')]);

  secret(headers.get('location') ?? '');
  await api.call('PUT', '/apps/other', { json: { docker_image: 'shop:1' } });
  expect(takeFindings()).toEqual([]);
  await api.create('shop-2');
  expect(takeFindings()).toHaveLength(1);

  const reader = await EventReader.open(`${api.url}/api/v3/events`);
  secret('"app_name":"planted-app"');
  await api.call('PUT', '/apps/planted-app', { json: { docker_image: 'shop:1' } });
  await reader.got('app', { app_name: 'planted-app' });
  expect(takeFindings()).toEqual(expect.arrayContaining([expect.stringMatching(/ in events$/)]));
  reader.leave();
});
