import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
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
