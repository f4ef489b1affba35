import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Clock } from '../clock.js';
import type { Stores } from '../store/testing/database-under-test.js';
import { recordOf, reportOf } from '../store/testing/records.js';
import { createSqliteDatabase, type SqliteUnderTest } from '../store/testing/sqlite-under-test.js';
import { AheadWatch } from './ahead-watch.js';
import { briefOf, heartbeatOf } from './testing/messages.js';

let database: SqliteUnderTest;
let stores: Stores;
let suspected: string[];
let offset: number;
let watch: AheadWatch;

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
  const publisher = { suspect: async (app: string) => void suspected.push(app) };
  watch = new AheadWatch(stores.apps, publisher, new MovedClock());
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
    await watch.look([
      reportOf({ revision, epoch }),
      heartbeatOf({ apps: [briefOf('shop', { revision, epoch })] }),
    ]);
    expect(suspected).toEqual([]);
  });

  it.each([
    ['a later revision', 6, 1],
    ['a higher epoch', 2, 2],
  ])('%s is one, in a report and in a heartbeat', async (_what, revision, epoch) => {
    await watch.look([reportOf({ revision, epoch })]);
    expect(suspected).toEqual(['shop']);
    offset += 61_000;
    await watch.look([heartbeatOf({ apps: [briefOf('shop', { revision, epoch })] })]);
    expect(suspected).toEqual(['shop', 'shop']);
  });

  it('is looked into at intervals, however often it is told', async () => {
    for (let revision = 6; revision < 20; revision += 1) await watch.look([reportOf({ revision })]);
    expect(suspected).toEqual(['shop']);
  });

  it('counts also when the database had it once', async () => {
    await watch.look([reportOf({ revision: 5 })]);
    expect(await stores.apps.replace(recordOf('shop', { revision: 2 }), 5)).toBe(true);
    offset += 61_000;
    await watch.look([reportOf({ revision: 5 })]);
    expect(suspected).toEqual(['shop']);
  });

  it('of an app that the database doesn’t know is none', async () => {
    await watch.look([reportOf({ app_name: 'unknown' })]);
    expect(suspected).toEqual([]);
  });
});
