import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import { searchLogged } from '../../../../../libs/messaging/src/testing/searched-log.js';
import { eventually } from '../../testing/eventually.js';
import { StoreUnavailableError } from '../app-store.js';
import { MongoDatabase } from './mongo-database.js';

const sleep = async (milliseconds: number) =>
  await new Promise((resolve) => setTimeout(resolve, milliseconds));

const LIMITS = { reading: 50, call: 50, selection: 1_000, silence: 1_000, majority: 1_000 };

afterEach(() => {
  jest.restoreAllMocks();
});

it('a call whose time was up before the database could be used does nothing when it can: somebody may restore it then', async () => {
  let connected = () => {};
  const connecting = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const { prototype } = mongoose.Connection;
  const opening = jest.spyOn(prototype, 'openUri').mockImplementation(async function (
    this: mongoose.Connection,
  ) {
    await connecting;
    return this;
  });
  const settings = { findOne: async () => null, updateOne: async () => undefined };
  jest.spyOn(prototype, 'collection').mockReturnValue(settings as never);
  const log = { info: searchLogged, warn: searchLogged };
  const database = new MongoDatabase({ url: 'mongodb://127.0.0.1:1', database: 'nebula' }, log, LIMITS);
  const done: string[] = [];
  await expect(database.run(async () => done.push('late'))).rejects.toThrow(StoreUnavailableError);
  expect(opening).toHaveBeenCalledTimes(1);
  connected();
  await database.run(async () => done.push('in time'));
  // Both waited for the same connection.
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['in time']);
  await database.close();
});

it('indexes are made once, and once more after an outage, in which another database can have come into its place', async () => {
  const { prototype } = mongoose.Connection;
  jest.spyOn(prototype, 'openUri').mockImplementation(async function (this: mongoose.Connection) {
    return this;
  });
  let made = 0;
  const collection = {
    ...{ collectionName: 'apps', findOne: async () => null, updateOne: async () => undefined },
    createIndex: async () => (made += 1),
  };
  jest.spyOn(prototype, 'collection').mockReturnValue(collection as never);
  const log = { info: searchLogged, warn: searchLogged };
  const limits = { ...LIMITS, call: 5_000 };
  const database = new MongoDatabase({ url: 'mongodb://127.0.0.1:1', database: 'nebula' }, log, limits);
  const model = database.model('apps', new mongoose.Schema({ updated_at: String }));
  const ask = async () => {
    database.indexes.want(model, { updated_at: 1 });
    await database.run(async () => undefined);
  };
  await ask();
  await ask();
  await eventually(() => expect(made).toBe(1));
  const loss = async () => {
    throw new mongoose.mongo.MongoNetworkError('the connection is lost');
  };
  await expect(database.run(loss)).rejects.toThrow(StoreUnavailableError);
  await ask();
  await ask();
  await eventually(() => expect(made).toBe(2));
  await database.close();
});

describe('a database that answers slowly', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** One that is in use already, of which each answer takes so long. */
  async function databaseAnsweringAfter(milliseconds: number) {
    let takes = 0;
    const slowly = async () => {
      await sleep(takes);
      return null;
    };
    const { prototype } = mongoose.Connection;
    jest.spyOn(prototype, 'openUri').mockImplementation(async function (this: mongoose.Connection) {
      return this;
    });
    const settings = { findOne: slowly, updateOne: slowly };
    jest.spyOn(prototype, 'collection').mockReturnValue(settings as never);
    const log = { info: searchLogged, warn: searchLogged };
    const options = { url: 'mongodb://127.0.0.1:1', database: 'nebula' };
    const database = new MongoDatabase(options, log, { ...LIMITS, call: 8_000 });
    await after(1_000, database.run(slowly));
    takes = milliseconds;
    // From now on it is due to look again whether a backup is brought in.
    await jest.advanceTimersByTimeAsync(5_000);
    return { database, slowly };
  }

  async function after<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
    await jest.advanceTimersByTimeAsync(milliseconds);
    return await answer;
  }

  it('can be used, though two answers in a row would take longer than a check has', async () => {
    const { database, slowly } = await databaseAnsweringAfter(1_000);
    for (let time = 0; time < 3; time += 1) expect(await after(2_000, database.problem(slowly))).toBeNull();
    await database.close();
  });

  it('can be used by who has the time of a call, and is none for a check that has less', async () => {
    const { database, slowly } = await databaseAnsweringAfter(2_000);
    expect(await after(2_000, database.problem(slowly))).toMatch(/gave no answer within 1\.5 s/);
    expect(await after(8_000, database.problem(slowly, 'call'))).toBeNull();
    await database.close();
  });

  it('can not be used while a backup is brought in, though it answers', async () => {
    const { database, slowly } = await databaseAnsweringAfter(1_000);
    const restoring = { findOne: async () => ({ _id: 'restoring' }) };
    jest.spyOn(mongoose.Connection.prototype, 'collection').mockReturnValue(restoring as never);
    expect(await after(2_000, database.problem(slowly))).toMatch(/a restore is under way/);
    await database.close();
  });
});

describe('an index', () => {
  const KEYS = { updated_at: 1 } as const;

  /** A database whose server makes indexes as a test says. */
  function databaseMaking(createIndex: () => Promise<unknown>) {
    const { prototype } = mongoose.Connection;
    jest.spyOn(prototype, 'openUri').mockImplementation(async function (this: mongoose.Connection) {
      return this;
    });
    const settings = { findOne: async () => null, updateOne: async () => undefined };
    const collection = { collectionName: 'apps', createIndex, ...settings };
    jest.spyOn(prototype, 'collection').mockReturnValue(collection as never);
    const lines: string[] = [];
    const note = (...parts: unknown[]) => {
      searchLogged(...parts);
      lines.push(JSON.stringify(parts));
    };
    const options = { url: 'mongodb://127.0.0.1:1', database: 'nebula' };
    const database = new MongoDatabase(options, { info: note, warn: note }, LIMITS);
    const model = database.model('apps', new mongoose.Schema({ updated_at: String }));
    /** What a call of a store does, and then so much time goes by. */
    const ask = async (milliseconds: number) => {
      database.indexes.want(model, KEYS);
      await database.run(async () => undefined);
      await jest.advanceTimersByTimeAsync(milliseconds);
    };
    return { database, lines, ask };
  }

  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('that takes longer than a call may is no outage, and is asked for once', async () => {
    let asked = 0;
    const { database, lines, ask } = databaseMaking(async () => {
      asked += 1;
      await new Promise(() => undefined);
    });
    for (let time = 0; time < 5; time += 1) await ask(60_000);
    expect([asked, lines]).toEqual([1, []]);
    await database.close();
  });

  it('that can not be made is told once with its reason, is no outage, and is asked for more and more seldom', async () => {
    let asked = 0;
    const { database, lines, ask } = databaseMaking(async () => {
      asked += 1;
      throw new mongoose.mongo.MongoServerError({ code: 13, codeName: 'Unauthorized', message: 'a secret' });
    });
    for (let second = 0; second < 1_000; second += 1) await ask(1_000);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('an index could not be made');
    expect(lines[0]).toContain("doesn't allow this user to do that (Unauthorized 13)");
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThan(10);
    await database.close();
  });

  it('that is under way when the database is closed is told to nobody', async () => {
    let lose = (_error: Error) => {};
    const { database, lines, ask } = databaseMaking(
      () =>
        new Promise((_, reject) => {
          lose = reject;
        }),
    );
    await ask(1_000);
    await database.close();
    lose(new mongoose.mongo.MongoNetworkError('the connection is closed'));
    await jest.advanceTimersByTimeAsync(1_000);
    expect(lines).toEqual([]);
  });
});

it.each([
  '',
  'journal=false',
  'w=0&journal=false&wtimeoutMS=1',
  'readConcernLevel=majority&readPreference=secondary',
])(
  'what is written is on the disks of a majority, and what is read comes from the primary, with ?%s in the URL, too',
  async (query) => {
    let options: mongoose.mongo.MongoOptions | undefined;
    jest.spyOn(mongoose.mongo.MongoClient.prototype, 'connect').mockImplementation(async function (
      this: mongoose.mongo.MongoClient,
    ) {
      ({ options } = this);
      throw new Error('there is no server');
    });
    const log = { info: searchLogged, warn: searchLogged };
    const url = `mongodb://127.0.0.1:1/?${query}`;
    const database = new MongoDatabase({ url, database: 'nebula' }, log, { ...LIMITS, call: 5_000 });
    await expect(database.run(async () => undefined)).rejects.toThrow(StoreUnavailableError);
    expect(options).toMatchObject({
      writeConcern: { w: 'majority', j: true, wtimeout: LIMITS.majority },
      ...{ readConcern: { level: 'local' }, readPreference: { mode: 'primary' } },
    });
    await database.close();
  },
);
