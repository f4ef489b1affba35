import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from '../store/app-store.js';
import { eventually } from '../testing/eventually.js';
import type { FaultyFeed } from './testing/faulty-feed.js';
import { PublishingBed } from './testing/publishing-bed.js';
import type { PublishingUnderTest } from './testing/publishing-under-test.js';

const HOUR_MS = 3_600_000;

let bed: PublishingBed;
let feed: FaultyFeed;
let api: PublishingUnderTest;

beforeEach(async () => {
  bed = await PublishingBed.open();
  ({ feed } = bed);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await bed.close();
});

describe('after hours without', () => {
  it('the feed, of many changes the newest alone is appended', async () => {
    api = await bed.start({ verify_interval_seconds: 300 });
    for (const app of ['shop', 'still']) await api.write(app);
    await bed.settled(api);
    feed.away = true;
    for (let count = 0; count < 60; count += 1) {
      await api.write('shop', { env_vars: { N: String(count) } });
      api.clock.offset += HOUR_MS / 10;
    }
    // What was not changed is left alone: there is nothing to compare it with.
    await eventually(() => expect(feed.refusals).toBeGreaterThan(20));
    feed.away = false;
    await bed.published('shop', 61);
    await bed.rested(api);
    const revisions = feed.appended.filter(({ app_name }) => app_name === 'shop');
    expect(revisions.map(({ revision }) => revision)).toEqual([1, 61]);
    expect(feed.appended).toHaveLength(3);
    // One line when it began, and one when it was over.
    expect(api.lines).toHaveLength(2);
  });

  it('the database, all is compared again, and what was lost meanwhile is there', async () => {
    api = await bed.start({ verify_interval_seconds: 300 });
    const apps = Array.from({ length: 40 }, (_, index) => `app-${index}`);
    for (const app of apps) await api.write(app);
    await bed.rested(api);
    const away = new StoreUnavailableError('nobody answers');
    const calls = [
      jest.spyOn(api.store, 'epoch').mockRejectedValue(away),
      jest.spyOn(api.store, 'claimVerification').mockRejectedValue(away),
    ] as const;
    await eventually(() => expect(calls[0].mock.calls.length).toBeGreaterThan(2));
    await rm(join(bed.folder, 'feed', 'app-7.json'));
    for (let hours = 0; hours < 5; hours += 1) {
      const asked = calls[0].mock.calls.length;
      api.clock.offset += HOUR_MS;
      await eventually(() => expect(calls[0].mock.calls.length).toBeGreaterThan(asked + 1));
    }
    expect(await feed.readNewest('app-7')).toBeNull();
    feed.reads.clear();
    for (const call of calls) call.mockRestore();
    await bed.published('app-7', 1);
    await bed.rested(api);
    expect([...feed.reads.keys()].sort()).toEqual([...apps].sort());
    expect(feed.appended).toHaveLength(apps.length + 1);
    // The store tells of its outages by itself.
    expect(api.lines.filter((line) => !line.includes('has lost'))).toEqual([]);
  });
});

describe('a feed of several nodes', () => {
  it('that is away for another reason at each attempt, as they take turns, makes one line, and one of each reason else', async () => {
    api = await bed.start();
    feed.reasons = ["one can't be reached", "two can't be reached", "three can't be reached"];
    feed.away = true;
    for (const app of ['shop', 'web', 'mail']) await api.write(app);
    await eventually(() => expect(feed.refusals).toBeGreaterThan(20));
    const told = () => api.lines.filter((line) => line.includes('could not be published'));
    expect(told()).toHaveLength(1);
    feed.away = false;
    await bed.published('mail', 1);
    await bed.rested(api);
    expect(api.lines.filter((line) => line.includes('published again'))).toHaveLength(1);
    feed.lying = true;
    await api.write('shop');
    await eventually(() =>
      expect(told()).toEqual([expect.anything(), expect.stringContaining('has confirmed')]),
    );
  });
});

describe('a database that fails', () => {
  it('to answer a change makes no line of the publisher, neither when it begins nor when it is over', async () => {
    api = await bed.start({ sweep: HOUR_MS });
    await api.write('shop');
    await bed.rested(api);
    const written = await api.writeOnly('web');
    const asked = jest.spyOn(api.store, 'get').mockRejectedValue(new StoreUnavailableError('nobody answers'));
    api.publisher.nudge(written);
    await eventually(() => expect(api.publisher.regionsOf(written)[0]?.problem).toBe('nobody answers'));
    asked.mockRestore();
    await bed.published('web', 1);
    await bed.rested(api);
    expect(api.lines).toEqual([]);
  });

  it('for reasons of its own that take turns makes one line of each', async () => {
    api = await bed.start();
    await bed.rested(api);
    let looks = 0;
    const asked = jest.spyOn(api.store, 'epoch').mockImplementation(async () => {
      looks += 1;
      if (looks % 3 === 0) return 1;
      throw new Error(looks % 3 === 1 ? 'refused a command' : 'refused another');
    });
    await eventually(() => expect(looks).toBeGreaterThan(12));
    asked.mockRestore();
    const told = api.lines.filter((line) => line.includes('could not be searched'));
    expect(told).toEqual([
      expect.stringContaining('refused a command'),
      expect.stringContaining('refused another'),
    ]);
  });
});
