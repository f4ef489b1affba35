import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { type OwnMongo, startMongo } from '../../../../../tools/services/mongo.mjs';
import { eventually } from '../../testing/eventually.js';
import { type AppStore, StoreUnavailableError } from '../app-store.js';
import { recordOf, specOf } from '../testing/records.js';
import { MongoAppStore } from './mongo-app-store.js';
import { MongoDatabase } from './mongo-database.js';

jest.setTimeout(300_000);

const INDEXES = [
  { _id: 1 },
  { deleted: 1, _id: 1 },
  { deleted: 1, updated_at: 1 },
  { 'current.eu': 1, _id: 1 },
  { 'published.eu.verified_at': 1 },
  { updated_at: 1, _id: 1 },
];

/** Longest wait for a server that is back: the driver looks for it now and then. */
const BACK_LIMIT_MS = 60_000;

let server: OwnMongo;
const opened: MongoDatabase[] = [];
const lines: string[] = [];
const log = {
  info: (message: string) => void lines.push(message),
  warn: (message: string, fields?: Record<string, unknown>) =>
    void lines.push(`${message}: ${String(fields?.['reason'])}`),
};

function open(url = server.url): MongoAppStore {
  const database = new MongoDatabase({ url, database: 'nebula' }, log);
  opened.push(database);
  return new MongoAppStore(database);
}

/** How a call ended. That it has, while the server still is as it was, is what a test waits for. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  return await call.catch((error: unknown) => error);
}

/** What was told of the outage; what happens to indexes meanwhile is told beside it. */
function toldOfOutage(): string[] {
  return lines.filter((line) => line.startsWith('the database is'));
}

const callsOf = (store: AppStore): (() => Promise<unknown>)[] => [
  () => store.get('shop'),
  () => store.list({ limit: 10 }),
  () => store.insert(recordOf('new')),
  () => store.replace(recordOf('shop', { revision: 2 }), 1),
  () => store.behind('eu', 1, 10),
  () => store.markPublished('shop', 'eu', { epoch: 1, revision: 1, verified_at: 0 }),
  () => store.claimVerification('eu', { after: -1, before: 1, until: 2, limit: 10 }),
  () => store.noteVerified('eu', ['shop'], 1),
  () => store.clearPublished('shop', 'eu'),
  () => store.oldTombstones('2026-01-01T00:00:00.000Z'),
  () => store.purge({ app_name: 'shop', revision: 1 }),
  () => store.epoch(),
  () => store.raiseEpoch(2),
];

beforeEach(async () => {
  server = await startMongo((line) => process.stderr.write(`${line}\n`));
  lines.length = 0;
}, 600_000);

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
  await server.remove();
});

describe('while the server is away', () => {
  it.each(['killed', 'frozen'])('every call ends while it is %s, and works when it is back', async (how) => {
    const store = open();
    await store.insert(recordOf('shop'));
    await server.signal(how === 'killed' ? 'SIGKILL' : 'SIGSTOP');
    const calls = callsOf(store);
    for (const result of await Promise.all(calls.map((call) => outcome(call())))) {
      expect(result).toBeInstanceOf(StoreUnavailableError);
    }
    expect(await store.problem()).toMatch(/^MongoDB at 127\.0\.0\.1:\d+ (can't be reached|gave no answer)/);
    if (how === 'killed') await server.start();
    else await server.signal('SIGCONT');
    await eventually(async () => expect(await store.problem()).toBeNull(), BACK_LIMIT_MS);
    await eventually(
      async () => expect(await store.get('shop')).toMatchObject({ app_name: 'shop' }),
      BACK_LIMIT_MS,
    );
    const told = toldOfOutage();
    expect(told[0]).toMatch(/^the database is away/);
    expect(told.at(-1)).toBe('the database is back');
    // One that lasts is told again, but not with each call.
    expect(told.length).toBeLessThan(calls.length);
  });

  it('a store can be opened, says so, and is set up when it is there', async () => {
    await server.stop();
    const store = open();
    expect(await outcome(store.get('shop'))).toBeInstanceOf(StoreUnavailableError);
    expect(await store.problem()).toMatch(/can't be reached \(connect ECONNREFUSED/);
    await server.start();
    await eventually(async () => expect(await store.insert(recordOf('shop'))).toBe(true), BACK_LIMIT_MS);
    await store.behind('eu', 1, 1);
    await store.claimVerification('eu', { after: -1, before: 1, until: 2, limit: 1 });
    const client = await new mongoose.mongo.MongoClient(server.url).connect();
    try {
      await eventually(async () => {
        const keys = (await client.db('nebula').collection('apps').indexes()).map(({ key }) =>
          JSON.stringify(key),
        );
        expect(keys.sort()).toEqual(INDEXES.map((each) => JSON.stringify(each)).sort());
      }, BACK_LIMIT_MS);
    } finally {
      await client.close();
    }
  });

  it('a store can be closed', async () => {
    await server.stop();
    const store = open();
    const call = outcome(store.get('shop'));
    await store.close();
    expect(await call).toBeInstanceOf(StoreUnavailableError);
    expect(await store.problem()).toMatch(/is closed/);
  });
});

it('what was acknowledged is there after the server was killed again and again under load', async () => {
  const acknowledged = new Map<string, number>();
  let writing = true;
  const write = async (writer: number) => {
    const store = open();
    for (let number = 0; writing; number += 1) {
      const name = `app-${writer}-${number}`;
      try {
        if (await store.insert(recordOf(name))) acknowledged.set(name, 1);
        const next = recordOf(name, { revision: 2, spec: specOf(name, { docker_image: 'shop:2' }) });
        if (await store.replace(next, 1)) acknowledged.set(name, 2);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
  };
  const writers = [0, 1, 2].map(write);
  for (let kill = 1; kill <= 3; kill += 1) {
    const before = acknowledged.size;
    await eventually(() => expect(acknowledged.size).toBeGreaterThan(before + 20), BACK_LIMIT_MS);
    await server.signal('SIGKILL');
    await server.start();
  }
  const before = acknowledged.size;
  await eventually(() => expect(acknowledged.size).toBeGreaterThan(before + 20), BACK_LIMIT_MS);
  writing = false;
  await Promise.all(writers);
  const store = open();
  for (const [name, revision] of acknowledged) {
    const record = await store.get(name);
    expect(record?.revision).toBeGreaterThanOrEqual(revision);
    expect(record?.spec?.docker_image).toBe(`shop:${record?.revision}`);
  }
});

describe('what keeps it from being used is said without a secret', () => {
  it('a URL that is none', () => {
    for (const url of [
      'postgres://me:s3cret@db',
      'mongodb://me:s3/cret@db',
      'mongodb://me:s3cret@',
      's3cret',
      '',
    ]) {
      expect(() => open(url)).toThrow(StoreUnavailableError);
      expect(() => open(url)).toThrow(/^the URL of the database must be mongodb:/);
    }
  });

  it('a login that is refused', async () => {
    const store = open(server.url.replace('://', '://me:s3cret@'));
    const refused = await outcome(store.get('shop'));
    expect(refused).toBeInstanceOf(StoreUnavailableError);
    const texts = [String(refused), await store.problem(), ...lines].join('\n');
    expect(texts).toContain('MongoDB at 127.0.0.1');
    expect(texts).not.toMatch(/s3cret|me:/);
    expect(lines).toHaveLength(1);
  });

  it('a host that is none', async () => {
    const store = open('mongodb://me:s3cret@no-such-host.invalid:27017/?replicaSet=rs');
    const refused = await outcome(store.get('shop'));
    expect(refused).toBeInstanceOf(StoreUnavailableError);
    const texts = [String(refused), await store.problem(), ...lines].join('\n');
    expect(texts).toMatch(/MongoDB at no-such-host\.invalid:27017 can't be reached/);
    expect(texts).not.toMatch(/s3cret|me:/);
  });
});
