import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { StoreUnavailableError } from '../store/app-store.js';
import { recordOf } from '../store/testing/records.js';
import { eventually } from '../testing/eventually.js';
import { FaultyFeed } from './testing/faulty-feed.js';
import { type PublishingSettings, PublishingUnderTest } from './testing/publishing-under-test.js';

const HOUR_MS = 3_600_000;

let folder: string;
let feed: FaultyFeed;
let api: PublishingUnderTest;
const started: PublishingUnderTest[] = [];

async function start(settings: Partial<PublishingSettings> = {}): Promise<PublishingUnderTest> {
  const instance = await PublishingUnderTest.start(join(folder, 'nebula.db'), { feeds: [feed], ...settings });
  started.push(instance);
  return instance;
}

function feedOf(region: string): FaultyFeed {
  return new FaultyFeed(new InProcessBroker({ directory: join(folder, region), region }).feed);
}

/** Resolves when a feed's newest message has this position. */
async function published(app: string, revision: number, epoch = 1, where = feed): Promise<void> {
  await eventually(async () => expect(await where.readNewest(app)).toMatchObject({ epoch, revision }));
}

/** Resolves when the database knows that everything is published. */
async function settled(region = 'local'): Promise<void> {
  await eventually(async () =>
    expect(await api.store.behind(region, await api.store.epoch(), 100)).toEqual([]),
  );
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-publishing-'));
  feed = feedOf('local');
});

afterEach(async () => {
  for (const instance of started.splice(0)) await instance.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a write', () => {
  it('is published and marked', async () => {
    api = await start();
    const record = await api.write('shop', { env_vars: { A: '1' } });
    await published('shop', 1);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ env_vars: { A: '1' } });
    await settled();
    const mark = (await api.store.get('shop'))?.published['local'];
    expect(mark).toMatchObject({ epoch: 1, revision: record.revision });
    expect(Math.abs((mark?.verified_at ?? 0) - Date.now())).toBeLessThan(10_000);
    await api.remove('shop');
    await published('shop', 2);
    expect(await feed.readNewest('shop')).toMatchObject({ deleted: true, spec: null });
  });

  it('is appended once, and a nudge without a change not at all', async () => {
    api = await start();
    await api.write('shop');
    await settled();
    await api.nudge('shop');
    await api.write('web');
    await settled();
    expect(feed.appended.map(({ app_name }) => app_name)).toEqual(['shop', 'web']);
  });

  it('of an app whose stream is known is appended before anything is read', async () => {
    api = await start();
    await api.write('shop');
    await settled();
    feed.unreadable = true;
    await api.write('shop', { running: false });
    await eventually(() => expect(feed.appended.map(({ revision }) => revision)).toEqual([1, 2]));
  });

  it('is appended without the database being asked for it once more', async () => {
    api = await start({ sweep: HOUR_MS });
    await api.write('shop');
    await settled();
    const written = await api.writeOnly('shop', { running: false });
    const away = async () => await Promise.reject(new StoreUnavailableError('the database is away'));
    Object.assign(api.store, { get: away, epoch: away });
    api.publisher.nudge(written);
    await eventually(() => expect(feed.appended.map(({ revision }) => revision)).toEqual([1, 2]));
  });

  it('that had to wait for long is not appended behind what another instance has written since', async () => {
    api = await start({ feed_call: 3_000, sweep: HOUR_MS });
    const others = Array.from({ length: 8 }, (_, index) => `slow-${index}`);
    for (const app of ['shop', ...others]) await api.write(app);
    await settled();
    feed.hanging = true;
    for (const app of others) await api.write(app, { running: false });
    await eventually(() => expect(feed.unanswered).toBe(others.length));
    await api.write('shop', { running: false });
    const clear = new FaultyFeed(feed.inner);
    const other = await start({ feeds: [clear] });
    await other.write('shop', { running: true });
    await published('shop', 3, 1, clear);
    feed.hanging = false;
    await eventually(() => expect(api.publisher.rests()).toBe(true), 30_000);
    const revisions = feed.appended.flatMap(({ app_name, revision }) =>
      app_name === 'shop' ? revision : [],
    );
    expect(revisions).toEqual([1]);
  });

  it('that is followed by others ends with the newest, in order', async () => {
    api = await start();
    for (let count = 0; count < 20; count += 1) await api.write('shop', { env_vars: { N: String(count) } });
    await published('shop', 20);
    await settled();
    const revisions = feed.appended.map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  it('of which the publisher was never told is found', async () => {
    api = await start();
    await api.writeOnly('shop');
    await published('shop', 1);
  });

  it('is published after a crash that came before it was', async () => {
    feed.away = true;
    api = await start();
    await api.write('shop');
    await api.writeOnly('web');
    await api.stop();
    feed.away = false;
    expect(feed.appended).toEqual([]);
    api = await start();
    await published('shop', 1);
    await published('web', 1);
  });

  it('of a thousand apps at once leaves none for the next look at the database', async () => {
    feed.away = true;
    api = await start();
    const apps = Array.from({ length: 1_100 }, (_, index) => `app-${index}`);
    for (const app of apps) await api.store.insert(recordOf(app));
    await api.stop();
    feed.away = false;
    api = await start({ sweep: HOUR_MS });
    await eventually(() => expect(api.publisher.rests()).toBe(true), 60_000);
    expect(feed.appended.map(({ app_name }) => app_name).sort()).toEqual(apps.sort());
  }, 90_000);

  it("doesn't wait for the feed", async () => {
    feed.hanging = true;
    api = await start();
    await api.write('shop');
    expect((await api.store.get('shop'))?.revision).toBe(1);
  });
});

describe('a feed that fails', () => {
  it('is tried again, with a line when it begins and a line when it ends', async () => {
    api = await start();
    feed.away = true;
    for (const app of ['a', 'b', 'c']) await api.write(app);
    const [check] = api.publisher.readinessChecks();
    await eventually(() => expect(api.lines).toHaveLength(1));
    expect(await check?.problem()).toBe('the feed is away');
    feed.away = false;
    for (const app of ['a', 'b', 'c']) await published(app, 1);
    await eventually(() => expect(api.lines).toHaveLength(2));
    expect(api.lines[0]).toMatch(/could not be published.*"reason":"the feed is away"/);
    expect(api.lines[1]).toMatch(/published again/);
    await settled();
    expect(await check?.problem()).toBeNull();
  });

  it('with one app only is no reason against the api, which tells it of that app', async () => {
    api = await start();
    feed.refused.add('bad');
    const bad = await api.write('bad');
    const good = await api.write('good');
    await published('good', 1);
    await eventually(() => expect(api.publisher.regionsOf(bad)[0]?.problem).toBe('the message is refused'));
    expect(await api.publisher.readinessChecks()[0]?.problem()).toBeNull();
    expect(api.publisher.regionsOf(good)[0]?.problem).toBeNull();
    expect(api.lines.join()).toContain('the message is refused');
    feed.refused.clear();
    await published('bad', 1);
  });

  it('by never answering has failed after the limit', async () => {
    feed.hanging = true;
    api = await start({ feed_call: 30 });
    await api.write('shop');
    await eventually(() => expect(api.lines.join()).toContain('took longer than 30 ms'));
    feed.hanging = false;
    await published('shop', 1);
    await settled();
  });

  it('by confirming what it drops is found out', async () => {
    feed.lying = true;
    api = await start();
    await api.write('shop');
    await eventually(() => expect(api.lines.join()).toContain('lacks what it has confirmed'));
    expect(await api.store.behind('local', 1, 10)).toEqual(['shop']);
    feed.lying = false;
    await published('shop', 1);
    await settled();
  });

  it('by confirming what it drops is told so, and what goes another way then arrives', async () => {
    feed.lyingUntilDistrusted = true;
    api = await start();
    await api.write('shop');
    await published('shop', 1);
    await settled();
  });

  it('by sending nothing of what it is said to have gets the desired state once more', async () => {
    api = await start();
    await api.write('shop');
    await published('shop', 1);
    await settled();
    await api.stop();
    feed.hollow.add('shop');
    api = await start();
    await published('shop', 1);
    expect(feed.appended.map(({ revision }) => revision)).toEqual([1, 1]);
  });

  it('by sending nothing for long gets more only ever less often, and is not said to have lost anything', async () => {
    api = await start();
    await api.write('shop');
    await published('shop', 1);
    await settled();
    await api.stop();
    feed.silent = true;
    const asked = jest.spyOn(feed, 'readNewest');
    api = await start();
    await eventually(() => expect(asked.mock.calls.length).toBeGreaterThan(40));
    // After the second, fourth, eighth, sixteenth, thirty-second and at most the next silence.
    expect(feed.appended.length).toBeLessThanOrEqual(7);
    expect(api.lines.join()).not.toContain('has lost the newest');
    feed.silent = false;
  });

  it('by sending nothing for a while is right when that is over', async () => {
    api = await start();
    await api.write('shop');
    await published('shop', 1);
    await settled();
    feed.silent = true;
    const record = await api.write('shop', { running: false });
    await eventually(() => expect(api.publisher.regionsOf(record)[0]?.problem).toBe('nothing came'));
    feed.silent = false;
    await settled();
    expect(feed.appended.at(-1)).toMatchObject({ revision: 2 });
  });

  it('is asked less and less often', async () => {
    feed.lying = true;
    api = await start();
    api.clock.chance = 1;
    await api.write('shop');
    const from = performance.now();
    await eventually(() => expect(feed.attempts).toBe(9));
    // 2, 4, 8, 16, 20, 20, 20 and 20 ms lie between nine attempts.
    expect(performance.now() - from).toBeGreaterThan(100);
  });

  it('delays no other region', async () => {
    const far = feedOf('far');
    far.hanging = true;
    api = await start({ feeds: [far, feed] });
    await api.write('shop');
    await published('shop', 1);
    await settled();
    expect(await api.store.behind('far', 1, 10)).toEqual(['shop']);
    far.hanging = false;
    await api.stop();
    api = await start({ feeds: [far, feed] });
    await published('shop', 1, 1, far);
    await settled('far');
    expect((await api.store.get('shop'))?.published).toMatchObject({
      far: { epoch: 1, revision: 1 },
      local: { epoch: 1, revision: 1 },
    });
  });
});

describe('stopping', () => {
  it('waits for no feed, and nothing is published afterwards', async () => {
    api = await start({ feed_call: 60_000, sweep: 60_000 });
    const written = await api.writeOnly('shop');
    feed.hanging = true;
    api.publisher.nudge(written);
    await eventually(() => expect(feed.unanswered).toBe(1));
    const from = performance.now();
    await api.stop();
    expect(performance.now() - from).toBeLessThan(30_000);
    feed.hanging = false;
    api.publisher.nudge(written);
    expect(api.lines).toEqual([]);
    expect(feed.appended).toEqual([]);
  });
});

it('two feeds of one region are refused', async () => {
  await expect(start({ feeds: [feed, feedOf('local')] })).rejects.toThrow(
    'two feeds serve the region "local"',
  );
});
