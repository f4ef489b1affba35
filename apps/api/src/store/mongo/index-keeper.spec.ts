import { beforeEach, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { StoreUnavailableError } from '../app-store.js';
import { IndexKeeper } from './index-keeper.js';
import { storeError } from './mongo-errors.js';

interface App {
  updated_at: string;
}

const KEYS = { updated_at: 1 } as const;
const connection = mongoose.createConnection();
const apps = connection.model<App>('apps', new mongoose.Schema<App>({ updated_at: String }), 'apps');
const others = ['a', 'b', 'c'].map((name) =>
  connection.model<App>(name, new mongoose.Schema<App>({ updated_at: String }), name),
);

/** What a server makes of an index. */
let create: () => Promise<string>;
let reach: () => Promise<void>;
let asked: string[];
let lines: string[];
let now: number;
let keeper: IndexKeeper;

for (const model of [apps, ...others]) {
  model.collection.createIndex = async () => {
    asked.push(model.collection.collectionName);
    return await create();
  };
}

beforeEach(() => {
  [asked, lines, now] = [[], [], 0];
  create = async () => 'made';
  reach = async () => undefined;
  const database = {
    reach: () => reach(),
    reason: (error: unknown) => storeError('MongoDB', error),
  };
  const note = (...parts: unknown[]) => {
    searchLogged(...parts);
    lines.push(JSON.stringify(parts));
  };
  keeper = new IndexKeeper(database, { info: note, warn: note }, () => now);
});

/** Asks, and lets happen what follows. */
async function want(model = apps): Promise<void> {
  keeper.want(model, KEYS);
  await new Promise((resolve) => setImmediate(resolve));
}

function refuses(code: number): () => Promise<never> {
  return () => Promise.reject(new mongoose.mongo.MongoServerError({ code, message: 'no' }));
}

it('an index is made once, and once more in the database that has come out of a backup', async () => {
  for (let time = 0; time < 3; time += 1) await want();
  expect(asked).toHaveLength(1);
  keeper.forget();
  for (let time = 0; time < 3; time += 1) await want();
  expect(asked).toHaveLength(2);
  expect(lines).toEqual([]);
});

it('an index is asked for again as soon as the database is there, and nothing is told of that', async () => {
  reach = () => Promise.reject(new StoreUnavailableError('away'));
  await want();
  reach = async () => undefined;
  await want();
  await want();
  expect([asked.length, lines]).toEqual([1, []]);
});

it('an index that the server refuses is asked for once, until the database is another', async () => {
  create = refuses(67);
  for (const time of [0, 1e9, 2e9]) {
    now = time;
    await want();
  }
  expect(asked).toHaveLength(1);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('refused a command (error 67)');
  keeper.forget();
  now = 3e9;
  await want();
  expect([asked.length, lines.length]).toEqual([2, 1]);
});

it('an outage while an index is being made is no fault of the index, which is made when the database is back', async () => {
  create = () => Promise.reject(new mongoose.mongo.MongoNetworkError('closed'));
  await want();
  reach = () => Promise.reject(new StoreUnavailableError('away'));
  for (; now < 100_000; now += 10_000) await want();
  reach = async () => undefined;
  create = async () => 'made';
  await want();
  expect([asked.length, lines]).toEqual([2, []]);
});

it.each([
  ['no space for it', refuses(14_031)],
  ['an error that nobody knows', () => Promise.reject(new Error('odd'))],
  ['a lost connection', () => Promise.reject(new mongoose.mongo.MongoNetworkError('closed'))],
])('after %s an index is asked for later and later, and told once', async (_what, fails) => {
  create = fails;
  const times: number[] = [];
  for (now = 0; now < 20_000_000; now += 10_000) {
    const before = asked.length;
    await want();
    if (asked.length > before) times.push(now);
    // What an outage of others makes of it.
    keeper.forget();
  }
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(waits.slice(0, 4)).toEqual([30_000, 60_000, 120_000, 240_000]);
  expect(Math.max(...waits)).toBe(3_600_000);
  expect(lines).toHaveLength(1);
  create = refuses(50);
  now += 3_600_000;
  await want();
  expect(lines).toHaveLength(2);
  create = async () => 'made';
  now += 3_600_000;
  await want();
  create = fails;
  keeper.forget();
  for (const end = now + 60_000; now < end; now += 10_000) await want();
  // It could be made meanwhile.
  expect(lines).toHaveLength(3);
});

it('an index that is under way is not asked for again, and one of another database is not taken for made', async () => {
  let made = (_name: string) => {};
  create = () =>
    new Promise((resolve) => {
      made = resolve;
    });
  await want();
  keeper.forget();
  await want();
  expect(asked).toHaveLength(1);
  made('made');
  await new Promise((resolve) => setImmediate(resolve));
  await want();
  expect(asked).toHaveLength(2);
});

it('few are made at a time, so that calls have connections', async () => {
  const made: ((name: string) => void)[] = [];
  create = () => new Promise((resolve) => made.push(resolve));
  await want();
  for (const model of others) await want(model);
  expect(asked).toEqual(['apps', 'a']);
  made[1]?.('made');
  await want();
  expect(asked).toEqual(['apps', 'a', 'b']);
});
