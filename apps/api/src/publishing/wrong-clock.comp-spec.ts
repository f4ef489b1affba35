import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DesiredStateMessage } from '@nebula/contracts';
import { SqliteAppStore } from '../store/sqlite/sqlite-app-store.js';
import { SqliteDatabase } from '../store/sqlite/sqlite-database.js';
import { recordOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FaultyFeed } from './testing/faulty-feed.js';
import { PublishingBed } from './testing/publishing-bed.js';
import type { PublishingUnderTest } from './testing/publishing-under-test.js';

/** And a little more, milliseconds. */
const HOUR_MS = 3_700_000;
const DAY_MS = 24 * HOUR_MS;

let bed: PublishingBed;
let feed: FaultyFeed;
let api: PublishingUnderTest;

beforeEach(async () => {
  bed = await PublishingBed.open();
  ({ feed } = bed);
  api = await bed.start({ tombstone_retention_days: 1 });
  await api.write('shop');
  await bed.settled(api);
});

afterEach(async () => {
  await bed.close();
});

/** A feed of which some streams give no answer until they are let go, and then can't be read. */
class PartlyStuckFeed extends FaultyFeed {
  letGo = () => {};
  private readonly isFree = new Promise<void>((resolve) => {
    this.letGo = resolve;
  });

  override async readNewest(appName: string): Promise<DesiredStateMessage | null> {
    if (!appName.startsWith('stuck-')) return await super.readNewest(appName);
    await this.isFree;
    throw new Error('this stream has no leader');
  }
}

/** Resolves when an instance has looked at its database for what is to be done, again and again from now on. */
async function looked({ store }: PublishingUnderTest): Promise<void> {
  const looks = jest.spyOn(store, 'behind');
  await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(3));
  looks.mockRestore();
}

/** Milliseconds since 1970, minus the end of a claim. */
async function verifiedAt(): Promise<number> {
  return (await api.store.get('shop'))?.published['local']?.verified_at ?? 0;
}

describe('a clock that was a day ahead when the api started', () => {
  beforeEach(async () => {
    await api.stop();
  });

  it('leaves nothing unverified when it is right again, and nothing is verified all the time', async () => {
    api = await bed.start({ wrong_clock: DAY_MS });
    await eventually(async () => expect(await verifiedAt()).toBeGreaterThan(Date.now() + DAY_MS / 2));
    await rm(join(bed.folder, 'feed', 'shop.json'));
    api.clock.wrong = 0;
    await bed.published('shop', 1);
    await eventually(async () => expect(Math.abs((await verifiedAt()) - Date.now())).toBeLessThan(60_000));
    feed.reads.clear();
    await looked(api);
    expect([...feed.reads.keys()]).toEqual([]);
  });

  it('keeps nothing claimed: others take it over', async () => {
    const hung = new FaultyFeed(feed);
    hung.hanging = true;
    const hanging = await bed.start({ feeds: [hung], feed_call: 60_000, wrong_clock: DAY_MS });
    await eventually(() => expect(hung.unanswered).toBe(1));
    await hanging.stop();
    await rm(join(bed.folder, 'feed', 'shop.json'));
    api = await bed.start();
    await bed.published('shop', 1);
    await eventually(async () => expect(await verifiedAt()).toBeGreaterThan(0));
  });
});

it('a tombstone stays when the clock is set forward beyond its time, and back within the hour', async () => {
  await api.remove('shop');
  await bed.settled(api);
  // The feed has had no trouble for an hour.
  api.clock.offset = HOUR_MS;
  for (const wrong of [2 * DAY_MS, 0]) {
    api.clock.wrong = wrong;
    await looked(api);
  }
  api.clock.offset += HOUR_MS;
  await looked(api);
  expect(await feed.readNewest('shop')).toMatchObject({ deleted: true });
  expect(await api.store.get('shop')).toMatchObject({ deleted: true });
  // It goes in its time all the same.
  api.clock.offset += DAY_MS;
  await eventually(async () => expect(await api.store.get('shop')).toBeNull());
});

describe('two clocks that differ by minutes', () => {
  const APPS = 40;
  let ahead: PublishingUnderTest;

  beforeEach(async () => {
    for (let n = 1; n < APPS; n += 1) await api.write(`app-${n}`);
    await bed.settled(api);
    ahead = await bed.start({ tombstone_retention_days: 1, wrong_clock: 600_000 });
    await eventually(async () => expect(await ahead.compared('right')).toBeGreaterThanOrEqual(APPS));
  });

  it('cost no more than the share of each look, which is one here', async () => {
    const both = [api, ahead];
    const looks = both.map(({ store }) => jest.spyOn(store, 'behind'));
    const claims = both.map(({ store }) => jest.spyOn(store, 'claimVerification'));
    await eventually(() => {
      for (const { mock } of looks) expect(mock.calls.length).toBeGreaterThan(20);
    });
    // What the one does by its share the other does after it.
    const lookCount = looks.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const claimed = await Promise.all(claims.flatMap(({ mock }) => mock.results.map(({ value }) => value)));
    expect(claimed.flat().length).toBeGreaterThan(0);
    expect(claimed.flat().length).toBeLessThanOrEqual(2 * lookCount);
  });
});

it('a tombstone goes in its time though a clock that is ahead notes something anew before each look', async () => {
  await api.write('web');
  await api.remove('shop', '2020-01-01T00:00:00.000Z');
  await bed.settled(api);
  const { store, clock } = api;
  const behind = store.behind.bind(store);
  jest.spyOn(store, 'behind').mockImplementation(async (...asked) => {
    await store.noteVerified('local', ['web'], clock.now() + DAY_MS);
    return await behind(...asked);
  });
  clock.offset = HOUR_MS;
  await eventually(async () => expect(await store.get('shop')).toBeNull());
});

it('what a clock that was ahead has noted is verified at once by an api that starts', async () => {
  const apps = Array.from({ length: 40 }, (_, n) => `app-${n}`);
  for (const app of apps) await api.write(app);
  await bed.settled(api);
  await api.stop();
  const ahead = await bed.start({ wrong_clock: DAY_MS });
  await eventually(async () => expect(await ahead.compared('right')).toBe(apps.length + 1));
  await ahead.stop();
  feed.reads.clear();
  api = await bed.start({ sweep: DAY_MS });
  // The only look within a day.
  await eventually(() => expect([...feed.reads.keys()]).toEqual(expect.arrayContaining(['shop', ...apps])));
});

it('the same is done as soon as there is room for it, when there is none at the start', async () => {
  await api.stop();
  const database = SqliteDatabase.open(bed.database);
  const store = new SqliteAppStore(database);
  // None of them has to outlive a loss of power.
  database.read({ sql: 'PRAGMA synchronous = OFF' });
  const insert = async (app: string, verified_at: number) => {
    const published = { local: { epoch: 1, revision: 1, verified_at } };
    await store.insert(recordOf(app, { published }));
  };
  for (let n = 0; n < 2_000; n += 1) await insert(`stuck-${n}`, 1);
  const apps = Array.from({ length: 100 }, (_, n) => `app-${n}`);
  for (const app of apps) await insert(app, Date.now() + DAY_MS);
  database.close();
  const partly = new PartlyStuckFeed(feed);
  const longest = 60_000;
  const settings = { feed_call: longest, first_backoff: longest, longest_backoff: longest };
  // The usual share of a look is one.
  api = await bed.start({ feeds: [partly], sweep: 200, ...settings });
  await looked(api);
  expect([...partly.reads.keys()]).toEqual([]);
  partly.letGo();
  await eventually(() => expect([...partly.reads.keys()]).toEqual(expect.arrayContaining(apps)));
  for (const app of apps) await bed.published(app, 1);
});
