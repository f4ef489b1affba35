import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkerMessage } from '@nebula/contracts';
import { SEARCHED_LOG } from '../../../../libs/messaging/src/testing/searched-log.js';
import { ApiLog } from '../api-log.js';
import { Clock } from '../clock.js';
import { StoreUnavailableError } from '../store/app-store.js';
import type { Stores } from '../store/testing/database-under-test.js';
import { recordOf, reportOf } from '../store/testing/records.js';
import { createSqliteDatabase, type SqliteUnderTest } from '../store/testing/sqlite-under-test.js';
import { eventually } from '../testing/eventually.js';
import { FaultyStore } from '../testing/faulty-store.js';
import { AheadWatch } from './ahead-watch.js';
import { briefOf, heartbeatOf } from './testing/messages.js';

let database: SqliteUnderTest;
let stores: Stores;
let suspected: string[];
let offset: number;
let watch: AheadWatch;
/** So long the streams of an app are read. */
let reading: Promise<void>;

/** Messages come, and have been looked at. */
async function look(messages: readonly WorkerMessage[]): Promise<void> {
  watch.look(messages);
  await eventually(() => expect(watch.rests).toBe(true));
}

class MovedClock extends Clock {
  override now(): number {
    return Date.now() + offset;
  }
}

beforeEach(async () => {
  database = await createSqliteDatabase();
  stores = await database.open();
  suspected = [];
  offset = 0;
  const publisher = {
    suspect: async (app: string) => {
      suspected.push(app);
      await reading;
    },
  };
  reading = Promise.resolve();
  const log = new ApiLog({ logger: SEARCHED_LOG });
  watch = new AheadWatch(stores.apps, publisher, new MovedClock(), log);
  await stores.apps.insert(recordOf('shop', { revision: 5 }));
});

afterEach(async () => {
  await database.destroy();
});

describe('what workers have seen', () => {
  it.each([
    ['less than the database has', 4, 1],
    ['what the database has', 5, 1],
  ])('%s is no suspicion', async (_what, revision, epoch) => {
    await look([
      reportOf({ revision, epoch }),
      heartbeatOf({ apps: [briefOf('shop', { revision, epoch })] }),
    ]);
    expect(suspected).toEqual([]);
  });

  it.each([
    ['a later revision', 6, 1],
    ['a higher epoch', 2, 2],
  ])('%s is one, in a report and in a heartbeat', async (_what, revision, epoch) => {
    await look([reportOf({ revision, epoch })]);
    expect(suspected).toEqual(['shop']);
    offset += 61_000;
    await look([heartbeatOf({ apps: [briefOf('shop', { revision, epoch })] })]);
    expect(suspected).toEqual(['shop', 'shop']);
  });

  it('is looked into at intervals, however often it is told', async () => {
    for (let revision = 6; revision < 20; revision += 1) await look([reportOf({ revision })]);
    expect(suspected).toEqual(['shop']);
  });

  it('is looked at one after the other, while others go on', async () => {
    const others = ['a', 'b', 'c'];
    for (const app of others) await stores.apps.insert(recordOf(app));
    let end = () => {};
    reading = new Promise<void>((resolve) => {
      end = resolve;
    });
    watch.look(others.map((app_name) => reportOf({ app_name, revision: 2 })));
    watch.look([reportOf({ revision: 7 })]);
    await eventually(() => expect(suspected).toEqual(['a']));
    end();
    await eventually(() => expect(watch.rests).toBe(true));
    expect(suspected).toEqual(['a', 'b', 'c', 'shop']);
  });

  it('is looked at again when the store was away', async () => {
    const store = new FaultyStore(stores.apps);
    store.fail(new StoreUnavailableError('away'), 'get');
    await look([reportOf({ revision: 6 })]);
    expect(suspected).toEqual([]);
    store.heal();
    await look([reportOf({ revision: 6 })]);
    expect(suspected).toEqual(['shop']);
  });

  it('counts also when the database had it once', async () => {
    await look([reportOf({ revision: 5 })]);
    expect(await stores.apps.replace(recordOf('shop', { revision: 2 }), 5)).toBe(true);
    offset += 61_000;
    await look([reportOf({ revision: 5 })]);
    expect(suspected).toEqual(['shop']);
  });

  const refused = (revision: number, step = 'desired-state') =>
    reportOf({
      revision,
      state: 'failed',
      last_error: { step, message: 'no', at: '2026-01-01T00:00:00.000Z', retry_at: null },
    });

  it('can differ at the position that the database has: a worker that refuses what came after it', async () => {
    await look([reportOf({ revision: 5 })]);
    await look([refused(4), refused(5, 'pull')]);
    expect(suspected).toEqual([]);
    await look([refused(5), reportOf({ revision: 5 })]);
    expect(suspected).toEqual(['shop']);
  });

  it('is looked into later when a refusal comes soon after another look', async () => {
    await look([reportOf({ revision: 6 })]);
    await look([refused(5)]);
    await look([reportOf({ revision: 5 })]);
    expect(suspected).toEqual(['shop']);
    offset += 61_000;
    await look([reportOf({ app_name: 'web' })]);
    expect(suspected).toEqual(['shop', 'shop']);
    offset += 61_000;
    await look([reportOf({ app_name: 'web' })]);
    expect(suspected).toEqual(['shop', 'shop']);
  });

  it("of an app that the database doesn't know is none", async () => {
    await look([reportOf({ app_name: 'unknown' })]);
    expect(suspected).toEqual([]);
  });
});
