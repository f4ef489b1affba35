import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { ApiUnderTest } from '../../apps/api/src/testing/api-under-test.js';
import { Api } from './api-client.mjs';
import { configOf, step } from './follow.mjs';

const SHOP = { starting_ports: [{ '81': '80' }], containers_per: { server: 2 } };

let api: ApiUnderTest;
let app: string;
let number = 0;
/** Paths of the requests since a test began. */
let asked: string[];

beforeAll(async () => {
  api = await ApiUnderTest.start({ history_limit: 100 });
  const server = api.api.getHttpServer() as NodeJS.EventEmitter;
  server.on('request', ({ method, url }: IncomingMessage) => asked.push(`${method} ${url}`));
});
afterAll(async () => {
  await api.stop();
});
beforeEach(async () => {
  asked = [];
  app = `shop-${(number += 1)}`;
  await api.create(app, SHOP);
});

function followed() {
  return {
    ...{ api: new Api(api.url, undefined), app, settings: { replicas: null, checkPath: null, listen: [80] } },
    loadBalancer: { name: `${app}-lb`, image: 'haproxy:3.0' },
  };
}

async function spec(name: string): Promise<Record<string, unknown>> {
  return (await api.call('GET', `/apps/${name}`)).body as Record<string, unknown>;
}

async function patch(name: string, json: object): Promise<void> {
  expect((await api.call('PATCH', `/apps/${name}`, { json })).status).toBe(200);
}

/** Requests for single revisions since the last call. */
function revisionsAsked(): string[] {
  return asked
    .splice(0)
    .filter((line) => /\/revisions\/\d+$/.test(line))
    .map((line) => line.replace(/.*\//, ''));
}

const servers = (config: string) => [...config.matchAll(/^ {2}server (\S+)/gm)].map(([, name]) => name);

it('makes the configuration where there is none, and then leaves it alone', async () => {
  const wish = followed();
  expect(await step(wish)).toBe(`${app}-lb-config: created, revision 1`);
  const { docker_image, env_vars } = await spec(`${app}-lb-config`);
  expect({ docker_image, env_vars }).toEqual({
    docker_image: 'haproxy:3.0',
    env_vars: { HAPROXY_CONFIG: await configOf(wish) },
  });
  asked = [];
  expect(await step(wish)).toBe('');
  // Nobody who only looks needs to write.
  expect(asked.filter((line) => !line.startsWith('GET '))).toEqual([]);
});

it('changes nothing but the configuration, and keeps what somebody has added to that app', async () => {
  const wish = followed();
  await step(wish);
  const added = {
    docker_image: 'registry.example/haproxy:3.0.5',
    env_vars: { TZ: 'UTC' },
    networks: ['shop'],
    log_driver: { name: 'json-file', options: { 'max-size': '1m' } },
    resources: { memory: '64m' },
  };
  await patch(`${app}-lb-config`, added);
  const before = await spec(`${app}-lb-config`);
  expect(await step(wish)).toBe('');

  await patch(app, { containers_per: { server: 3 } });
  expect(await step(wish)).toBe(`${app}-lb-config: changed, revision 3`);
  const after = await spec(`${app}-lb-config`);
  const config = await configOf(wish);
  expect(servers(config)).toHaveLength(3);
  expect({ ...after, revision: 0, updated_at: '' }).toEqual({
    ...{ ...before, revision: 0, updated_at: '' },
    env_vars: { TZ: 'UTC', HAPROXY_CONFIG: config },
  });
});

it('reads no revision twice, and knows the ports of before as one that has just begun', async () => {
  const wish = followed();
  const other = { starting_ports: [{ '81': '8080' }] };
  await patch(app, other);
  for (const image of ['shop:2', 'shop:3', 'shop:4']) await patch(app, { docker_image: image });
  const first = await configOf(wish);
  expect(servers(first)).toEqual([`${app}-1`, `${app}-1-80`, `${app}-2`, `${app}-2-80`]);
  expect(revisionsAsked()).toEqual(['4', '3', '2', '1']);

  expect(await configOf(wish)).toBe(first);
  // Nothing has changed: the app alone was asked for.
  expect(asked.splice(0)).toEqual([`GET /api/v3/apps/${app}`]);

  await patch(app, { docker_image: 'shop:5' });
  expect(await configOf(wish)).toBe(first);
  expect(revisionsAsked()).toEqual(['5']);

  await patch(app, { starting_ports: [{ '81': '9090' }] });
  const changed = await configOf(wish);
  expect(servers(changed)).toEqual([`${app}-1`, `${app}-1-8080`, `${app}-2`, `${app}-2-8080`]);
  expect(changed).toBe(await configOf(followed()));
});

it('forgets the ports of before when one that has just begun would not find them either', async () => {
  const wish = followed();
  await patch(app, { starting_ports: [{ '81': '8080' }] });
  expect(servers(await configOf(wish))).toHaveLength(4);
  for (let change = 0; change < 52; change += 1) await patch(app, { docker_image: `shop:${change + 2}` });
  const config = await configOf(wish);
  expect(servers(config)).toEqual([`${app}-1`, `${app}-2`]);
  expect(config).toBe(await configOf(followed()));
});

it('takes an app that was deleted and made again for another one', async () => {
  const wish = followed();
  await patch(app, { starting_ports: [{ '81': '8080' }] });
  await configOf(wish);
  expect((await api.call('DELETE', `/apps/${app}`)).status).toBe(202);
  await api.create(app, { ...SHOP, starting_ports: [{ '81': '7070' }] });
  expect(await configOf(wish)).toBe(await configOf(followed()));
});
