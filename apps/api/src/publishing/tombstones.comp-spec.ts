import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import type { FaultyFeed } from './testing/faulty-feed.js';
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
    'isn’t kept waiting by a feed that is %s, and is right in the end',
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

  it('leaves its stream when the feed can’t be had, which goes as soon as it can', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    feed.unremovable = true;
    api.clock.offset = 3_700_000;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    await eventually(() => expect(api.lines.join()).toMatch(/could not be published/));
    expect(await feed.readNewest('old')).toMatchObject({ deleted: true });
    feed.unremovable = false;
    await eventually(async () => expect(await feed.readNewest('old')).toBeNull());
    await bed.settled(api);
  });

  it('that has become an app again by then keeps its stream', async () => {
    api = await bed.start({ tombstone_retention_days: 1 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await bed.settled(api);
    feed.unremovable = true;
    api.clock.offset = 3_700_000;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    await api.write('old');
    feed.unremovable = false;
    await bed.published('old', 3);
    await bed.settled(api);
    expect(await feed.readNewest('old')).toMatchObject({ deleted: false, revision: 3 });
  });
});
