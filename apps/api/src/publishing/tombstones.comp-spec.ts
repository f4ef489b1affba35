import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { join } from 'node:path';
import { recordOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FaultyFeed } from './testing/faulty-feed.js';
import { PublishingBed } from './testing/publishing-bed.js';
import type { PublishingUnderTest } from './testing/publishing-under-test.js';

/** And a little more, milliseconds. */
const HOUR_MS = 3_700_000;

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

/** Resolves when an instance has looked at its database for what is to be done, again and again from now on. */
async function looked({ store }: PublishingUnderTest): Promise<void> {
  const looks = jest.spyOn(store, 'behind');
  await eventually(() => expect(looks.mock.calls.length).toBeGreaterThan(3));
  looks.mockRestore();
}

describe('a new app', () => {
  it('begins behind its tombstone, published or not', async () => {
    api = await bed.start();
    await api.write('shop');
    await bed.settled(api);
    feed.away = true;
    await api.remove('shop');
    expect(await api.publisher.prepareCreation('shop')).toBe(3);
    feed.away = false;
    await bed.published('shop', 2);
    expect(await api.publisher.prepareCreation('shop')).toBe(3);
  });

  it.each<['away' | 'hanging']>([['away'], ['hanging']])(
    "isn't kept waiting by a feed that is %s, and is right in the end",
    async (fault) => {
      api = await bed.start({ tombstone_retention_days: 1 });
      await api.write('shop');
      await api.write('shop', { running: false });
      await api.remove('shop', '2020-01-01T00:00:00.000Z');
      await bed.settled(api);
      api.clock.offset = 3_700_000;
      await eventually(async () => expect(await api.store.get('shop')).toBeNull());
      feed[fault] = true;
      const from = performance.now();
      expect((await api.write('shop', { docker_image: 'shop:7' })).revision).toBe(4);
      expect(performance.now() - from).toBeLessThan(10_000);
      feed[fault] = false;
      await bed.published('shop', 4);
      expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:7' });
    },
  );
});

describe('a tombstone', () => {
  it('is forgotten after its time, once every feed has it', async () => {
    api = await bed.start({ tombstone_retention_days: 30 });
    await api.write('old');
    await api.write('young');
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    feed.away = true;
    await api.remove('young', daysAgo(29));
    await api.remove('old', daysAgo(31));
    await eventually(() => expect(api.lines).toHaveLength(1));
    api.clock.offset = 3_700_000;
    expect(await api.store.get('old')).toMatchObject({ deleted: true });
    feed.away = false;
    await bed.settled(api);
    api.clock.offset *= 2;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    expect(await api.store.get('young')).toMatchObject({ deleted: true });
    await eventually(async () => expect(await feed.readNewest('old')).toBeNull());
    expect(await feed.readNewest('young')).toMatchObject({ deleted: true });
    // Whoever has seen the old one takes the new one for newer.
    expect(await api.publisher.prepareCreation('old')).toBe(3);
  });

  it('that got out after its time only is kept for workers that had no broker until then, too', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await bed.settled(api);
    feed.away = true;
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    api.clock.offset = HOUR_MS;
    await looked(api);
    feed.away = false;
    await bed.published('old', 2);
    await bed.settled(api);
    await looked(api);
    expect(await feed.readNewest('old')).toMatchObject({ deleted: true });
    expect(await api.store.get('old')).toMatchObject({ deleted: true });
    api.clock.offset += HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
  });

  it('is forgotten though another app can not be published', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    feed.refused.add('bad');
    await api.write('bad');
    await eventually(() => expect(api.lines.join()).toContain('the message is refused'));
    api.clock.offset = HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    expect(api.publisher.rests()).toBe(false);
  });

  it('of an app that could not be published itself until now is kept for a while, too', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await bed.settled(api);
    feed.refused.add('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await eventually(() => expect(api.lines.join()).toContain('the message is refused'));
    api.clock.offset = HOUR_MS;
    await looked(api);
    feed.refused.clear();
    await bed.published('old', 2);
    await bed.settled(api);
    await looked(api);
    expect(await api.store.get('old')).toMatchObject({ deleted: true });
    api.clock.offset += HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
  });

  it('stays until its stream can be removed, whichever api ends or starts meanwhile', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    feed.unremovable = true;
    api.clock.offset = HOUR_MS;
    await eventually(() =>
      expect(api.lines.join()).toMatch(/the stream of a deleted app could not be removed/),
    );
    await bed.rested(api);
    expect(await api.store.get('old')).toMatchObject({ deleted: true });
    await api.stop();
    feed.unremovable = false;
    api = await bed.start({ tombstone_retention_days: 1 });
    await bed.rested(api);
    expect(await feed.readNewest('old')).toMatchObject({ deleted: true });
    api.clock.offset = HOUR_MS;
    await eventually(async () => expect(await feed.readNewest('old')).toBeNull());
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    // Whoever has seen the old one takes the new one for newer.
    expect(await api.publisher.prepareCreation('old')).toBe(3);
  });

  it('of which an api ended after the stream had gone, and before the record, goes later', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    await api.stop();
    expect(await feed.removeDeleted('old')).toBe(true);
    api = await bed.start({ tombstone_retention_days: 1 });
    // As long as there is a record, it is published.
    await bed.published('old', 2);
    await bed.rested(api);
    api.clock.offset = HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    await eventually(async () => expect(await feed.readNewest('old')).toBeNull());
  });

  it('that has become an app again by then keeps its stream', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    const purge = api.store.purge.bind(api.store);
    const looks = jest.spyOn(api.store, 'purge').mockImplementationOnce(async (tombstone) => {
      await api.write('old');
      return await purge(tombstone);
    });
    api.clock.offset = HOUR_MS;
    await eventually(() => expect(looks).toHaveBeenCalled());
    await bed.published('old', 3);
    await bed.settled(api);
    expect(await feed.readNewest('old')).toMatchObject({ deleted: false, revision: 3 });
    expect(await api.store.get('old')).toMatchObject({ deleted: false, revision: 3 });
  });

  it('is forgotten with all that are as old, also when they are many', async () => {
    const apps = Array.from({ length: 120 }, (_, index) => `old-${index}`);
    api = await bed.start({ tombstone_retention_days: 1 });
    for (const app of apps)
      await api.store.insert(
        recordOf(app, { spec: null, deleted: true, updated_at: '2020-01-01T00:00:00.000Z' }),
      );
    await bed.settled(api);
    await bed.rested(api);
    api.clock.offset = HOUR_MS;
    await eventually(async () => expect(await api.store.recorded(apps)).toEqual([]), 60_000);
  }, 90_000);

  it('stays where its stream has something else by then', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    const running = await api.store.get('old').then(() => feed.readNewest('old'));
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    await bed.rested(api);
    if (running) await feed.publish(running);
    api.clock.offset = HOUR_MS;
    // It is compared then, and published again.
    await bed.published('old', 2);
    expect(await api.store.get('old')).toMatchObject({ deleted: true });
  });
});

describe('a tombstone, with regions of which an api knows some alone,', () => {
  const DAY_MS = 86_400_000;
  let us: FaultyFeed;

  beforeEach(() => {
    us = new FaultyFeed(new InProcessBroker({ directory: join(bed.folder, 'us'), region: 'us' }).feed);
  });

  /** An app that both regions have, and that was deleted long ago without a word to the second. */
  async function deletedInOne(): Promise<void> {
    const both = await bed.start({ feeds: [feed, us], tombstone_retention_days: 1 });
    await both.write('old');
    await eventually(async () => expect(await us.readNewest('old')).not.toBeNull());
    await bed.rested(both);
    await both.stop();
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.published('old', 2);
    await bed.rested(api);
  }

  it('stays for the other one, and is forgotten by an api that knows all', async () => {
    await deletedInOne();
    const asked = jest.spyOn(api.store, 'oldTombstones');
    api.clock.offset = HOUR_MS;
    await eventually(() => expect(asked).toHaveBeenCalled());
    await looked(api);
    expect(await api.store.get('old')).toMatchObject({ deleted: true });
    expect(await feed.readNewest('old')).toMatchObject({ deleted: true });
    await api.stop();
    api = await bed.start({ feeds: [feed, us], tombstone_retention_days: 1 });
    await eventually(async () => expect(await us.readNewest('old')).toMatchObject({ deleted: true }));
    await bed.rested(api);
    api.clock.offset = HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    for (const region of [feed, us])
      await eventually(async () => expect(await region.readNewest('old')).toBeNull());
  });

  it('keeps every stream until all feeds answer, so that none is put back', async () => {
    api = await bed.start({ feeds: [feed, us], tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    for (const region of [feed, us])
      await eventually(async () => expect(await region.readNewest('old')).toMatchObject({ deleted: true }));
    await bed.rested(api);
    const appended = feed.appended.length;
    us.unreadable = true;
    api.clock.offset = HOUR_MS;
    await eventually(() =>
      expect(api.lines.join()).toMatch(/the stream of a deleted app could not be removed/),
    );
    expect(await feed.readNewest('old')).toMatchObject({ deleted: true });
    expect(feed.appended).toHaveLength(appended);
    us.unreadable = false;
    // After an hour without trouble it is tried again.
    await eventually(() => expect(api.publisher.rests()).toBe(true));
    api.clock.offset = 3 * HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
  });

  it('waits no longer for one that no api has looked at for as long as tombstones are kept', async () => {
    await deletedInOne();
    api.clock.offset = DAY_MS + HOUR_MS;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    expect(await feed.readNewest('old')).toBeNull();
  });
});
