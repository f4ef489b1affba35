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

/** A feed that knows of a refusal until it is asked once more. */
class RefusingFeed extends FaultyFeed {
  private refusal: string | null = null;

  override async readNewest(appName: string): Promise<DesiredStateMessage | null> {
    try {
      const newest = await super.readNewest(appName);
      this.refusal = null;
      return newest;
    } catch (error) {
      this.refusal = (error as Error).message;
      throw error;
    }
  }

  override problem(): string | null {
    return this.refusal;
  }
}

/** A feed of which some streams can't be read, each of which answers so at once. */
class PartlyUnreadableFeed extends FaultyFeed {
  override async readNewest(appName: string): Promise<DesiredStateMessage | null> {
    if (appName.startsWith('broken-')) throw new Error('this stream has no leader');
    return await super.readNewest(appName);
  }
}

let bed: PublishingBed;
let feed: FaultyFeed;
let api: PublishingUnderTest;

beforeEach(async () => {
  bed = await PublishingBed.open();
  ({ feed } = bed);
});

afterEach(async () => {
  await bed.close();
});

describe('verification', () => {
  it('brings back what was lost from the feed, and says so', async () => {
    api = await bed.start({ verify_interval_seconds: 0.1 });
    for (const app of ['shop', 'web']) await api.write(app);
    await api.write('gone');
    await api.remove('gone');
    await bed.settled(api);
    await rm(join(bed.folder, 'feed', 'shop.json'));
    await bed.published('shop', 1);
    expect(api.lines.filter((line) => line.includes('has lost'))).toHaveLength(1);
    await eventually(async () => expect(await api.compared('lost')).toBe(1));
    await eventually(async () => expect(await api.compared('right')).toBeGreaterThan(0));
    // A broker that was built anew.
    await rm(join(bed.folder, 'feed'), { recursive: true });
    await bed.published('shop', 1);
    await bed.published('web', 1);
    await bed.published('gone', 2);
    await eventually(async () => expect(await api.compared('lost')).toBe(4));
    expect(await api.store.epoch()).toBe(1);
  });

  it('keeps its interval when that is shorter than the time between two looks for what is behind', async () => {
    api = await bed.start({ sweep: 60_000, verify_interval_seconds: 0.2 });
    await api.write('shop');
    await bed.settled(api);
    for (let turn = 0; turn < 3; turn += 1) {
      await rm(join(bed.folder, 'feed', 'shop.json'));
      await bed.published('shop', 1);
    }
  });

  it('is spread over the interval', async () => {
    api = await bed.start();
    const apps = Array.from({ length: 100 }, (_, n) => `app-${n}`);
    for (const app of apps) await api.write(app);
    await bed.settled(api);
    await api.stop();
    feed.reads.clear();
    api = await bed.start({ sweep: 20, verify_interval_seconds: 2 });
    // All at once at the start, and then no more.
    for (let round = 0; round < 2; round += 1) {
      feed.reads.clear();
      await eventually(() => expect(feed.reads.size).toBe(apps.length));
    }
    const times = [...feed.reads.values()];
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(500);
  });

  it('happens at every start, however long the interval is', async () => {
    api = await bed.start();
    for (const app of ['shop', 'web', 'gone']) await api.write(app);
    await api.remove('gone');
    await bed.settled(api);
    await api.stop();
    await rm(join(bed.folder, 'feed'), { recursive: true });
    api = await bed.start();
    await bed.published('shop', 1);
    await bed.published('web', 1);
    await bed.published('gone', 2);
  });

  it('finds nothing to do where all is right', async () => {
    api = await bed.start({ verify_interval_seconds: 0.05 });
    for (const app of ['shop', 'web']) await api.write(app);
    await bed.settled(api);
    const appended = feed.appended.length;
    for (let round = 0; round < 4; round += 1) {
      feed.reads.clear();
      await eventually(() => expect([...feed.reads.keys()].toSorted()).toEqual(['shop', 'web']));
    }
    expect(feed.appended).toHaveLength(appended);
    expect(api.lines).toEqual([]);
  });

  it('asks the database for nothing while the feed is away, but the change itself', async () => {
    api = await bed.start({ sweep: 60_000 });
    await api.write('shop');
    await bed.rested(api);
    feed.away = true;
    await api.write('shop');
    await eventually(() => expect(feed.refusals).toBeGreaterThan(1));
    const asked = jest.spyOn(api.store, 'get');
    const { refusals } = feed;
    await eventually(() => expect(feed.refusals).toBeGreaterThan(refusals + 5));
    expect(asked).not.toHaveBeenCalled();
    feed.away = false;
    await bed.published('shop', 2);
  });

  it('is left to an instance that has the feed by one that has not, and that takes it up when it has', async () => {
    api = await bed.start();
    const apps = Array.from({ length: 20 }, (_, n) => `app-${n}`);
    for (const app of apps) await api.write(app);
    await bed.settled(api);
    await api.stop();
    const cutOff = new FaultyFeed(feed);
    cutOff.away = true;
    const ill = await bed.start({ feeds: [cutOff], sweep: 20, verify_interval_seconds: 0.2 });
    const since = Date.now();
    const asked = jest.spyOn(ill.store, 'epoch');
    // It has looked at the database several times, and has left everything to others.
    await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(5));
    const verifiedAt = async (app: string) =>
      (await ill.store.get(app))?.published['local']?.verified_at ?? Number.POSITIVE_INFINITY;
    for (const app of apps) expect(await verifiedAt(app)).toBeLessThan(since);
    expect([...cutOff.reads.keys()].filter((app) => apps.includes(app))).toEqual([]);
    cutOff.away = false;
    await eventually(() => expect([...cutOff.reads.keys()]).toEqual(expect.arrayContaining(apps)));
  });

  it("of the rest goes on however many streams can't be read", async () => {
    const database = SqliteDatabase.open(bed.database);
    const store = new SqliteAppStore(database);
    // None of them has to outlive a loss of power.
    database.read({ sql: 'PRAGMA synchronous = OFF' });
    const insert = async (app: string, verified_at: number) => {
      const published = { local: { epoch: 1, revision: 1, verified_at } };
      await store.insert(recordOf(app, { published }));
    };
    // What was verified longest ago is claimed first.
    for (let n = 0; n < 2_000; n += 1) await insert(`broken-${n}`, 1);
    await insert('shop', 2);
    database.close();
    const longest = 60_000;
    const partly = new PartlyUnreadableFeed(feed);
    api = await bed.start({ feeds: [partly], first_backoff: longest, longest_backoff: longest });
    // Nobody has it, though the database says so.
    await bed.published('shop', 1);
  });

  it('that was done and is not noted yet is not done by another instance', async () => {
    const verify_interval_seconds = 60;
    const first = await bed.start();
    await first.write('shop');
    await bed.settled(first);
    await first.stop();
    const own = new FaultyFeed(feed);
    // It notes with its next look, which is half an interval later.
    await bed.start({ feeds: [own], sweep: 60_000, verify_interval_seconds });
    await eventually(() => expect([...own.reads.keys()]).toEqual(['shop']));
    const other = new FaultyFeed(feed);
    api = await bed.start({ feeds: [other], verify_interval_seconds });
    api.clock.offset = 29_000;
    const asked = jest.spyOn(api.store, 'claimVerification');
    await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(4));
    expect([...other.reads.keys()]).toEqual([]);
    // It ends all the same.
    api.clock.offset = 31_000;
    await eventually(() => expect([...other.reads.keys()]).toEqual(['shop']));
  });

  describe('that another instance has claimed', () => {
    const apps = ['shop', 'web'];
    let hung: FaultyFeed;
    let hanging: PublishingUnderTest;

    /** One instance has claimed all and gets no answer; the other looks, and waits for the ends of the claims. */
    beforeEach(async () => {
      api = await bed.start();
      for (const app of apps) await api.write(app);
      await bed.settled(api);
      hung = new FaultyFeed(feed);
      hung.hanging = true;
      hanging = await bed.start({ feeds: [hung], feed_call: 60_000 });
      await eventually(() => expect(hung.unanswered).toBe(apps.length));
      for (const app of apps) await rm(join(bed.folder, 'feed', `${app}.json`));
      // Long after the last verification, as it would be without these claims.
      for (const app of apps)
        expect((await api.store.get(app))?.published['local']?.verified_at).toBeLessThan(0);
    });

    it('and not done, as it ended, follows half a minute later and not a whole interval', async () => {
      await hanging.stop();
      api.clock.offset = 25_000;
      const asked = jest.spyOn(api.store, 'claimVerification');
      await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(4));
      for (const app of apps) expect(await feed.readNewest(app)).toBeNull();
      api.clock.offset = 31_000;
      for (const app of apps) await bed.published(app, 1);
    });

    it('and can not do is taken over by one that can: the first leaves it to others', async () => {
      const asked = jest.spyOn(hanging.store, 'claimVerification');
      api.clock.offset = 20_000;
      hanging.clock.offset = 40_000;
      await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(4));
      expect(
        await Promise.all(asked.mock.results.map(async ({ value }) => (await value) as string[])),
      ).toEqual(asked.mock.results.map(() => []));
      api.clock.offset = 40_000;
      for (const app of apps) await bed.published(app, 1);
      expect(hung.unanswered).toBe(apps.length);
    });
  });

  it('goes on after a refusal that nothing of its own has met', async () => {
    const refusing = new RefusingFeed(feed);
    api = await bed.start({ feeds: [refusing], sweep: 20 });
    await api.write('shop');
    await bed.settled(api);
    const [check] = api.publisher.readinessChecks();
    refusing.away = true;
    expect(await api.publisher.newest('shop')).toBeNull();
    expect(await check?.problem()).toBe('the feed is away');
    expect(api.publisher.rests()).toBe(true);
    refusing.away = false;
    await eventually(async () => expect(await check?.problem()).toBeNull());
  });

  it('puts the newest back behind an older message that came late', async () => {
    const late = new FaultyFeed(feed);
    const dying = await bed.start({ feeds: [late], verify_interval_seconds: 0.1 });
    api = await bed.start({ verify_interval_seconds: 0.1 });
    late.holding = true;
    await dying.write('shop');
    await eventually(() => expect(late.heldCount).toBe(1));
    await dying.stop();
    await api.write('shop');
    await bed.published('shop', 2);
    await bed.settled(api);
    await late.deliverHeld();
    expect(feed.appended.at(-1)?.revision).toBe(1);
    await bed.published('shop', 2);
    expect(await api.store.epoch()).toBe(1);
  });

  it('is done by whoever appended the older message, when it goes on', async () => {
    api = await bed.start({ sweep: 60_000 });
    const other = await bed.start({ sweep: 60_000 });
    await bed.rested(api, other);
    await api.write('shop');
    await bed.rested(api, other);
    await api.writeOnly('shop');
    // The other instance appends revision 3 while this one still holds the message of revision 2.
    let between: (() => Promise<void>) | null = async () => {
      between = null;
      await other.write('shop');
      await eventually(async () =>
        expect((await api.store.get('shop'))?.published['local']?.revision).toBe(3),
      );
    };
    const publish = feed.publish.bind(feed);
    feed.publish = async (message) => {
      if (message.revision === 2) await between?.();
      await publish(message);
    };
    await api.nudge('shop');
    await eventually(() => expect(feed.appended.map(({ revision }) => revision)).toEqual([1, 3, 2, 3]));
    await bed.published('shop', 3);
  });
});
