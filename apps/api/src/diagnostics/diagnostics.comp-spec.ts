import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiOptions } from '../api-options.js';
import { Clock } from '../clock.js';
import { Publisher } from '../publishing/publisher.js';
import { FaultyFeed } from '../publishing/testing/faulty-feed.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { FleetStore } from '../store/fleet-store.js';
import { testKey } from '../store/testing/keys.js';
import { appOn, recordOf, tombstoneOf, workerOf } from '../store/testing/records.js';
import { ApiUnderTest } from '../testing/api-under-test.js';
import { eventually } from '../testing/eventually.js';
import { FaultyStore } from '../testing/faulty-store.js';
import type { CheckName, Diagnosis, Finding } from './diagnosis.js';

let folder: string;
let broker: InProcessBroker;
let feed: FaultyFeed;
let api: ApiUnderTest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-diagnostics-'));
  broker = new InProcessBroker({ directory: join(folder, 'feed') });
  feed = new FaultyFeed(broker.feed, 'eu');
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(given: Partial<ApiOptions> = {}): Promise<void> {
  const reports = Object.assign(broker.reportStrategy(), { listenedMs: () => 86_400_000 });
  api = await ApiUnderTest.start({ feeds: [feed], reports, version: '3.0.0', ...given });
}

async function create(app: string): Promise<void> {
  await api.create(app);
  await eventually(async () => expect(await broker.feed.readNewest(app)).not.toBeNull());
}

async function diagnose(): Promise<Diagnosis> {
  const { status, body } = await api.call('GET', '/diagnostics');
  expect(status).toBe(200);
  return body as Diagnosis;
}

async function findings(name: CheckName): Promise<Finding[]> {
  return (await diagnose()).checks.find((check) => check.name === name)?.findings ?? [];
}

async function keep(...workers: ReturnType<typeof workerOf>[]): Promise<void> {
  await api.api.get(FleetStore).saveWorkers(workers.map((after) => ({ before: null, after })));
}

describe('the diagnostics', () => {
  it('have no finding when all is well, and say what was looked at', async () => {
    await start();
    for (const app of ['shop', 'web']) await create(app);
    await keep(workerOf('w1', { last_seen_at: Date.now() }));
    const { checks, version } = await diagnose();
    expect(version).toBe('3.0.0');
    expect(checks.flatMap((check) => check.findings)).toEqual([]);
    const summaries = Object.fromEntries(checks.map(({ name, summary }) => [name, summary]));
    expect(summaries).toMatchObject({
      database: expect.stringMatching(/^answers in \d+ ms, epoch 1$/),
      streams: '2 of 2 streams were read and compared',
      // SQLite has no clock of its own.
      clocks: 'the clock of this api was compared with times in the database',
      workers: '1 workers were looked at, 0 are silent',
      versions: 'api 3.0.0; workers 1 × 3.0.0',
    });
  });

  it('find streams that are missing and behind, each with what becomes of it', async () => {
    await start();
    for (const app of ['gone', 'late', 'right']) await create(app);
    await rm(join(folder, 'feed', 'gone.json'));
    feed.lying = true;
    await api.call('POST', '/apps/late/restart');
    const found = await findings('streams');
    expect(found.map(({ about, problem }) => [about, problem]).sort()).toEqual([
      ['gone', 'Its stream is missing or empty (region eu)'],
      ['late', 'Its stream has epoch 1, revision 1, the database epoch 1, revision 2 (region eu)'],
    ]);
    expect(found[0]?.remedy).toContain('publishes it anew by itself');
  });

  it('find the stream of a deleted app that holds a running spec', async () => {
    await start();
    await create('shop');
    const running = await broker.feed.readNewest('shop');
    if (!running) throw new Error('its stream is empty');
    await api.call('DELETE', '/apps/shop');
    await eventually(async () => expect((await broker.feed.readNewest('shop'))?.deleted).toBe(true));
    expect(await diagnose()).toMatchObject({
      checks: expect.arrayContaining([
        { name: 'streams', summary: '1 of 1 streams were read and compared', findings: [] },
        { name: 'secrets', summary: '0 apps were looked at', findings: [] },
      ]),
    });
    await rm(join(folder, 'feed', 'shop.json'));
    await broker.feed.publish(running);
    expect(await findings('streams')).toMatchObject([
      {
        about: 'shop',
        problem:
          'It is deleted, but its stream has epoch 1, revision 1 of it running, the database epoch 1, revision 2 (region eu)',
      },
    ]);
  });

  it('compare all streams, however many pages they are', async () => {
    await start({ feeds: [] });
    for (let index = 0; index < 401; index += 1) await api.store.insert(tombstoneOf(`app-${index}`));
    await api.store.insert(recordOf('late', { updated_at: '2026-02-01T00:00:00.000Z' }));
    Object.defineProperty(api.api.get(Publisher), 'feeds', { value: [feed] });
    feed.away = true;
    const { checks } = await diagnose();
    expect(checks.find(({ name }) => name === 'streams')?.summary).toBe(
      '0 of 402 streams were read and compared',
    );
    expect(checks.find(({ name }) => name === 'secrets')?.summary).toBe('1 apps were looked at');
  });

  it("find a broker that is away, and don't wait for its streams", async () => {
    await start();
    await create('shop');
    feed.away = true;
    expect(await findings('broker')).toMatchObject([{ about: 'eu', problem: 'the feed is away.' }]);
    expect(await findings('streams')).toEqual([]);
  });

  it('bid make room at a broker that is short of memory, and no look at what is right there', async () => {
    const short = {
      problem: () => 'RabbitMQ takes no messages: low on memory',
      lacksRoom: () => true,
    };
    const away = { problem: () => 'RabbitMQ is not connected', lacksRoom: () => false };
    const parts = [
      { region: 'eu', transport: short },
      { region: 'us', transport: away },
    ];
    await start({ reports: Object.assign(broker.reportStrategy(), { parts }) });
    Object.assign(feed, short);
    const problem = 'RabbitMQ takes no messages: low on memory.';
    const remedy = expect.stringMatching(/^Free memory or disk at RabbitMQ\./);
    expect(await findings('broker')).toEqual([
      { about: 'eu', problem, remedy },
      { about: 'reports eu', problem, remedy },
      {
        about: 'reports us',
        problem: 'RabbitMQ is not connected.',
        remedy: expect.stringMatching(/^Run setup-broker/),
      },
    ]);
  });

  it("find what a broker doesn't allow", async () => {
    await start();
    const refused = { problem: 'The api may not read streams.', remedy: 'Run setup-broker.' };
    Object.assign(feed, { examine: async () => [refused] });
    expect(await findings('rights')).toEqual([{ about: 'eu', ...refused }]);
  });

  it('find a database that is away, and say that the rest could not be checked', async () => {
    await start();
    const away = 'mongodb://me:hunter2@db.example is away';
    new FaultyStore(api.store).fail(new StoreUnavailableError(away), 'records', 'changedSince', 'epoch');
    api.store.problem = async () => away;
    const { checks } = await diagnose();
    const found = Object.fromEntries(checks.map(({ name, findings: [first] }) => [name, first?.problem]));
    expect(found).toMatchObject({
      database: 'mongodb://[redacted]@db.example is away.',
      streams: 'It could not be checked: mongodb://[redacted]@db.example is away.',
    });
  });

  it('find apps whose secrets nobody can read', async () => {
    const store = { kind: 'sqlite', path: join(folder, 'nebula.db') } as const;
    await start({ store, secret_keys: [testKey('one')] });
    await api.create('shop', { secret_env_vars: ['KEY'], env_vars: { KEY: 'v4lue-of-it' } });
    await api.stop();
    await start({ store, secret_keys: [testKey('two')] });
    expect(await findings('secrets')).toMatchObject([
      { about: 'shop', problem: expect.stringContaining('The value of KEY can not be read') },
    ]);
  });

  it('find silent workers, two under one id, and other versions', async () => {
    await start({ version: '4.0.0' });
    const now = Date.now();
    await keep(
      workerOf('silent', { last_seen_at: now - 600_000 }),
      workerOf('twice', { last_seen_at: now, duplicate: { since: now, seen_at: now } }),
    );
    const found = await findings('workers');
    expect(found.map(({ about }) => about)).toEqual(['silent', 'twice']);
    expect(found[0]?.problem).toContain(new Date(now - 600_000).toISOString());
    expect(found[0]?.remedy).toContain('nebulactl worker forget silent');
    expect(await findings('versions')).toMatchObject([
      { about: '3.0.0', problem: '2 workers are of the version 3.0.0, the api of 4.0.0.' },
    ]);
  });

  it('find one thing, at the broker, when all workers are silent', async () => {
    await start();
    const heard = Date.now() - 600_000;
    await keep(...[2, 1, 0].map((ago) => workerOf(`w${ago}`, { last_seen_at: heard - ago * 60_000 })));
    const [found, ...others] = await findings('workers');
    expect(others).toEqual([]);
    expect(found?.remedy).toMatch(/nebulactl worker list --state offline .*nebulactl worker forget <worker>/);
    expect(found).toEqual({
      about: null,
      problem: `All 3 workers that were looked at are silent; the last word of any came at ${new Date(heard).toISOString()}.`,
      remedy: expect.stringContaining('setup-broker'),
    });
    await keep(workerOf('w4', { last_seen_at: Date.now() }));
    expect((await findings('workers')).map(({ about }) => about)).toEqual(['w0', 'w1', 'w2']);
  });

  it('find orphans, each with its two ways out', async () => {
    await start();
    await create('shop');
    await keep(
      ...['w1', 'w2'].map((id) =>
        workerOf(id, { last_seen_at: Date.now(), apps: [appOn('ghost', { revision: 7 }), appOn('shop')] }),
      ),
    );
    const found = await findings('orphans');
    expect(found).toMatchObject([
      {
        about: 'ghost',
        problem: '2 workers run it, and the database does not know it (epoch 1, revision 7).',
      },
    ]);
    expect(found[0]?.remedy).toMatch(/nebulactl app create ghost .*nebulactl app delete ghost/);
    // An answer to it leaves none.
    await create('ghost');
    expect(await findings('orphans')).toEqual([]);
  });

  it('find apps that failed on workers, and on how many', async () => {
    await start();
    for (const app of ['right', 'shop', 'web']) await create(app);
    const now = Date.now();
    const failed = (app: string) => appOn(app, { state: 'failed', error_step: 'pull' });
    await keep(
      workerOf('w1', { last_seen_at: now, apps: [appOn('right'), failed('shop'), failed('web')] }),
      workerOf('w2', { last_seen_at: now, apps: [failed('web')] }),
      // On the way to what is wanted now, so it is not known whether that fails.
      workerOf('w3', { last_seen_at: now, apps: [appOn('right', { state: 'failed', revision: 9 })] }),
    );
    const found = await findings('apps');
    expect(found.map(({ about, problem }) => [about, problem])).toEqual([
      ['web', 'It failed on 2 workers.'],
      ['shop', 'It failed on 1 worker.'],
    ]);
    expect(found[0]?.remedy).toContain('nebulactl app status web');
  });

  it('find clocks that differ by what was written with them', async () => {
    await start();
    const later = new Date(Date.now() + 60_000).toISOString();
    await api.store.insert(recordOf('shop', { updated_at: later }));
    await keep(workerOf('w1', { last_seen_at: Date.now() + 60_000 }));
    const found = await findings('clocks');
    expect(found.map(({ about }) => about)).toEqual(['shop', null]);
    const clock = api.api.get(Clock);
    clock.now = () => Date.now() + 120_000;
    expect(await findings('clocks')).toEqual([]);
  });

  it.each([
    [60_000, ['The clock of this api is 60 s ahead of that of the server of the database.']],
    [-60_000, ['The clock of this api is 60 s behind that of the server of the database.']],
    [1_000, []],
  ])('find a clock of this api that is %d ms from that of the database', async (ahead, problems) => {
    await start();
    const now = Date.now();
    api.store.serverTime = async () => now;
    api.api.get(Clock).now = () => now + ahead;
    const { checks } = await diagnose();
    const { summary, findings: found } = checks.find(({ name }) => name === 'clocks') ?? {};
    expect(found?.map(({ problem }) => problem)).toEqual(problems);
    expect(summary).toBe(
      'the clock of this api was compared with that of the server of the database, and with times in it',
    );
  });

  it("don't take the time that the database needs to answer for a difference", async () => {
    await start();
    let now = Date.now();
    api.api.get(Clock).now = () => now;
    api.store.serverTime = async () => (now += 10_000) - 4_000;
    expect(await findings('clocks')).toEqual([]);
  });
});
