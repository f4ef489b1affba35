import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from '../../../../../tools/services/rabbitmq.mjs';
import { eventually } from '../../testing/eventually.js';
import { RabbitFeed } from '../rabbit-feed.js';
import { BrokerKeeper } from './broker-keeper.js';
import { setupBroker } from './setup-broker.js';
import type { BrokerSetup } from './setup-parts.js';
import { workerUserName } from './rights.js';
import { SEARCHED_LOG } from '../../testing/searched-log.js';

const LIMIT = 300_000;

let folder: string;
let broker: Broker;
let setup: BrokerSetup;

beforeAll(async () => {
  Logger.overrideLogger(SEARCHED_LOG);
  folder = await mkdtemp(join(tmpdir(), 'nebula-broker-'));
  broker = await startBroker({ folder });
  setup = {
    management: { url: broker.managementUrls[0] ?? '', ...broker.admin },
    vhost: 'fleet/one',
    api: { user: 'nebula-api', password: 'api-secret' },
    workers: [
      { user: 'nebula-worker', password: 'worker-secret' },
      { user: workerUserName('AB:CD'), password: 'one-secret' },
    ],
    report_interval_seconds: 30,
  };
}, LIMIT);

afterAll(async () => {
  await broker.remove();
  await rm(folder, { recursive: true, force: true });
}, LIMIT);

async function run(change: Partial<BrokerSetup> = {}): Promise<string[]> {
  const lines: string[] = [];
  await setupBroker({ ...setup, ...change }, (line) => lines.push(line));
  return lines;
}

async function get(path: string): Promise<unknown> {
  return JSON.parse(await broker.manage('GET', path));
}

describe('the set-up of a broker', () => {
  it(
    'makes everything, says so without a secret, and can be run again',
    async () => {
      const lines = await run();
      expect(lines).toEqual(await run());
      expect(lines.join('\n')).not.toContain('secret');
      expect(lines[0]).toBe('virtual host fleet/one');
      expect(await get('/api/permissions/fleet%2Fone/nebula-worker')).toMatchObject({
        configure: '^$',
        write: '^nebula\\.reports$',
      });
      expect(await get('/api/bindings/fleet%2Fone/e/nebula.reports/q/nebula.reports')).toMatchObject([
        { routing_key: 'report' },
      ]);
      expect(await get('/api/policies/fleet%2Fone')).toMatchObject([
        { name: 'nebula-reports', definition: { 'message-ttl': 60_000, overflow: 'drop-head' } },
        { name: 'nebula-streams', definition: { 'max-length-bytes': 16_000_000 } },
      ]);
    },
    LIMIT,
  );

  it(
    'gives an api all that it has to be allowed, and an api finds out what was taken away',
    async () => {
      await run();
      const [host = ''] = broker.hosts;
      const feed = new RabbitFeed({
        ...{ hosts: [host], port: 5672, vhost: setup.vhost, ...setup.api, region: 'eu' },
        ...{ heartbeat_seconds: 10, connection_name: 'examined' },
      });
      const path = '/api/permissions/fleet%2Fone/nebula-api';
      const rights = (await get(path)) as { configure: string; write: string; read: string };
      try {
        await eventually(() => expect(feed.problem()).toBeNull());
        expect(await feed.examine()).toEqual([]);
        const problems = async (given: Partial<typeof rights>) => {
          await broker.manage('PUT', path, { ...rights, ...given });
          return (await feed.examine()).map(({ problem }) => problem);
        };
        expect(await problems({ configure: '^$' })).toEqual([
          expect.stringMatching(
            /^The api may not declare streams \(configure on nebula\.app\.\*\): access to queue/,
          ),
        ]);
        expect(await problems({ write: '^$' })).toEqual([
          expect.stringMatching(/^The api may not append to streams \(write on amq\.default\): /),
        ]);
        expect(await problems({ read: '^$' })).toEqual([
          expect.stringMatching(/^The api may not read streams \(read on nebula\.app\.\*\): /),
        ]);
        await broker.manage('DELETE', '/api/queues/fleet%2Fone/nebula.reports');
        expect(await problems({})).toEqual(['There is no queue nebula.reports, so workers can not report.']);
        await broker.manage('DELETE', '/api/exchanges/fleet%2Fone/nebula.reports');
        expect(await problems({})).toEqual(
          ['exchange', 'queue'].map(
            (what) => `There is no ${what} nebula.reports, so workers can not report.`,
          ),
        );
        // What was tried on is gone.
        expect(await get('/api/queues/fleet%2Fone')).toEqual([]);
        await run();
        expect(await feed.examine()).toEqual([]);
      } finally {
        await feed.close();
      }
    },
    LIMIT,
  );

  it(
    'sets the passwords to those given',
    async () => {
      await run({ api: { user: 'nebula-api', password: 'another-secret' } });
      const whoami = async (password: string) => {
        const authorization = `Basic ${Buffer.from(`nebula-api:${password}`).toString('base64')}`;
        const answer = await fetch(`${setup.management.url}/api/whoami`, {
          headers: { authorization },
        });
        return (await answer.json()) as { reason?: string };
      };
      // The right password is known by what the broker misses then: the right to use the plugin.
      expect((await whoami('api-secret')).reason).toBe('Login failed');
      expect((await whoami('another-secret')).reason).not.toBe('Login failed');
    },
    LIMIT,
  );

  it.each<[string, Partial<BrokerSetup['management']>, RegExp]>([
    ['a wrong password', { password: 'wrong-secret' }, /is refused: user or password is wrong/],
    ['nobody there', { url: 'http://127.0.0.1:1' }, /127\.0\.0\.1:1 does not answer/],
    ['credentials in the address', { url: 'http://u:some-secret@127.0.0.1:1' }, /must hold no user/],
  ])('%s is said in a line, without a secret', async (_what, management, message) => {
    const attempt = run({ management: { ...setup.management, ...management } });
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.not.toThrow(/secret/);
  });
});

describe('an api that keeps a broker set up', () => {
  const kept = () => ({
    ...setup,
    vhost: 'fleet/kept',
    api: { user: 'kept-api', password: 'kept-Secret-1' },
  });
  let keeper: BrokerKeeper;

  async function keep(): Promise<void> {
    keeper = new BrokerKeeper(kept(), 3_600_000);
    keeper.start();
    await eventually(async () => {
      expect(await get('/api/bindings/fleet%2Fkept/e/nebula.reports/q/nebula.reports')).toMatchObject([
        { routing_key: 'report' },
      ]);
    }, LIMIT);
  }

  /** What there is on the broker, of all that a set-up makes. */
  async function all(): Promise<unknown> {
    const host = 'fleet%2Fkept';
    const named = (list: unknown, ...keys: string[]) =>
      (list as Record<string, unknown>[]).map((each) => keys.map((key) => each[key]));
    return {
      users: named(await get('/api/users'), 'name', 'tags')
        .map(String)
        .sort(),
      rights: named(
        await get(`/api/vhosts/${host}/permissions`),
        'user',
        'configure',
        'write',
        'read',
      ).sort(),
      policies: named(await get(`/api/policies/${host}`), 'name', 'pattern', 'definition', 'apply-to'),
      queues: named(await get(`/api/queues/${host}`), 'name', 'durable', 'type'),
      bindings: named(await get(`/api/bindings/${host}`), 'source', 'destination', 'routing_key'),
    };
  }

  it(
    'makes the same as the command, where there is nothing',
    async () => {
      await keep();
      await keeper.close();
      const made = await all();
      await setupBroker(kept(), () => undefined);
      expect(await all()).toEqual(made);
    },
    LIMIT,
  );

  it(
    'makes what is missing, and leaves alone what is there and different',
    async () => {
      await broker.manage('PUT', '/api/users/kept-api', { password: 'changed-Secret-2', tags: '' });
      const changed = await get('/api/users/kept-api');
      const definition = { 'max-length-bytes': 32_000_000 };
      const policy = { pattern: '^nebula\\.app\\.', 'apply-to': 'queues', definition, priority: 10 };
      await broker.manage('PUT', '/api/policies/fleet%2Fkept/nebula-streams', policy);
      await broker.manage('DELETE', '/api/policies/fleet%2Fkept/nebula-reports');
      await broker.manage('DELETE', '/api/permissions/fleet%2Fkept/nebula-worker');
      await broker.manage('DELETE', '/api/permissions/fleet%2Fkept/kept-api');
      await broker.manage('DELETE', '/api/queues/fleet%2Fkept/nebula.reports');
      await keep();
      expect(await get('/api/policies/fleet%2Fkept')).toMatchObject([
        { name: 'nebula-reports', definition: { 'message-ttl': 60_000 } },
        { name: 'nebula-streams', definition },
      ]);
      expect(await get('/api/permissions/fleet%2Fkept/nebula-worker')).toMatchObject({ configure: '^$' });
      expect(await get('/api/permissions/fleet%2Fkept/kept-api')).toMatchObject({ user: 'kept-api' });
      expect(await get('/api/users/kept-api')).toEqual(changed);
      await keeper.close();
    },
    LIMIT,
  );
});
