import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { eventually } from '../testing/eventually.js';
import { FaultyFeed } from './testing/faulty-feed.js';
import { type PublishingSettings, PublishingUnderTest } from './testing/publishing-under-test.js';

let folder: string;
let feed: FaultyFeed;
let api: PublishingUnderTest;
const started: PublishingUnderTest[] = [];
/** The database file, in a folder of its own. */
let database: string;

async function start(settings: Partial<PublishingSettings> = {}): Promise<PublishingUnderTest> {
  const instance = await PublishingUnderTest.start(database, { feeds: [feed], ...settings });
  started.push(instance);
  return instance;
}

async function published(app: string, revision: number, epoch = 1): Promise<void> {
  await eventually(async () => expect(await feed.readNewest(app)).toMatchObject({ epoch, revision }));
}

async function settled(region = 'local'): Promise<void> {
  await eventually(async () =>
    expect(await api.store.behind(region, await api.store.epoch(), 100)).toEqual([]),
  );
}

/** Resolves when no instance does anything more by itself: what was done behind its back it hasn't seen. */
async function rested(...instances: readonly PublishingUnderTest[]): Promise<void> {
  await eventually(() => {
    for (const { publisher } of instances) expect(publisher.rests()).toBe(true);
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nebula-verification-'));
  database = join(folder, 'first', 'nebula.db');
  feed = new FaultyFeed(new InProcessBroker({ directory: join(folder, 'feed') }).feed);
});

afterEach(async () => {
  for (const instance of started.splice(0)) await instance.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('verification', () => {
  it('brings back what was lost from the feed, and says so', async () => {
    api = await start({ verify_interval_seconds: 0.1 });
    for (const app of ['shop', 'web']) await api.write(app);
    await api.write('gone');
    await api.remove('gone');
    await settled();
    await rm(join(folder, 'feed', 'shop.json'));
    await published('shop', 1);
    expect(api.lines.filter((line) => line.includes('has lost'))).toHaveLength(1);
    // A broker that was built anew.
    await rm(join(folder, 'feed'), { recursive: true });
    await published('shop', 1);
    await published('web', 1);
    await published('gone', 2);
    expect(await api.store.epoch()).toBe(1);
  });

  it('keeps its interval when that is shorter than the time between two looks for what is behind', async () => {
    api = await start({ sweep: 60_000, verify_interval_seconds: 0.2 });
    await api.write('shop');
    await settled();
    for (let turn = 0; turn < 3; turn += 1) {
      await rm(join(folder, 'feed', 'shop.json'));
      await published('shop', 1);
    }
  });

  it('is spread over the interval', async () => {
    api = await start();
    const apps = Array.from({ length: 100 }, (_, n) => `app-${n}`);
    for (const app of apps) await api.write(app);
    await settled();
    await api.stop();
    feed.reads.clear();
    api = await start({ sweep: 20, verify_interval_seconds: 2 });
    // All at once at the start, and then no more.
    for (let round = 0; round < 2; round += 1) {
      feed.reads.clear();
      await eventually(() => expect(feed.reads.size).toBe(apps.length));
    }
    const times = [...feed.reads.values()];
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(500);
  });

  it('happens at every start, however long the interval is', async () => {
    api = await start();
    for (const app of ['shop', 'web', 'gone']) await api.write(app);
    await api.remove('gone');
    await settled();
    await api.stop();
    await rm(join(folder, 'feed'), { recursive: true });
    api = await start();
    await published('shop', 1);
    await published('web', 1);
    await published('gone', 2);
  });

  it('finds nothing to do where all is right', async () => {
    api = await start({ verify_interval_seconds: 0.05 });
    for (const app of ['shop', 'web']) await api.write(app);
    await settled();
    const appended = feed.appended.length;
    const first = (await api.store.get('shop'))?.published['local']?.verified_at ?? 0;
    await eventually(async () => {
      const again = (await api.store.get('shop'))?.published['local']?.verified_at ?? 0;
      expect(again).toBeGreaterThan(first + 200);
    });
    expect(feed.appended).toHaveLength(appended);
    expect(api.lines).toEqual([]);
  });

  it('asks the database for nothing while the feed is away, but the change itself', async () => {
    api = await start({ sweep: 60_000 });
    await api.write('shop');
    await rested(api);
    feed.away = true;
    await api.write('shop');
    await eventually(() => expect(feed.refusals).toBeGreaterThan(1));
    const asked = jest.spyOn(api.store, 'get');
    const { refusals } = feed;
    await eventually(() => expect(feed.refusals).toBeGreaterThan(refusals + 5));
    expect(asked).not.toHaveBeenCalled();
    feed.away = false;
    await published('shop', 2);
  });

  it('puts the newest back behind an older message that came late', async () => {
    const late = new FaultyFeed(feed);
    const dying = await start({ feeds: [late], verify_interval_seconds: 0.1 });
    api = await start({ verify_interval_seconds: 0.1 });
    late.holding = true;
    await dying.write('shop');
    await eventually(() => expect(late.heldCount).toBe(1));
    await dying.stop();
    await api.write('shop');
    await published('shop', 2);
    await settled();
    await late.deliverHeld();
    expect(feed.appended.at(-1)?.revision).toBe(1);
    await published('shop', 2);
    expect(await api.store.epoch()).toBe(1);
  });

  it('is done by whoever appended the older message, when it goes on', async () => {
    api = await start({ sweep: 60_000 });
    const other = await start({ sweep: 60_000 });
    await rested(api, other);
    await api.write('shop');
    await rested(api, other);
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
    api.publisher.nudge('shop');
    await eventually(() => expect(feed.appended.map(({ revision }) => revision)).toEqual([1, 3, 2, 3]));
    await published('shop', 3);
  });
});

describe('a database that was restored from a backup', () => {
  /** Runs an instance on an empty folder, takes a backup, goes on, and has the backup in the database's place. */
  async function restoreAfter(before: () => Promise<void>, after: () => Promise<void>): Promise<void> {
    api = await start();
    await before();
    await settled();
    await api.stop();
    const backup = join(folder, 'backup.db');
    await copyFile(database, backup);
    api = await start();
    await after();
    await settled();
    await api.stop();
    database = backup;
  }

  it('wins: the epoch is raised and everything is published anew', async () => {
    await restoreAfter(
      async () => {
        for (const app of ['shop', 'web', 'still', 'deleted'])
          await api.write(app, { docker_image: 'shop:1' });
      },
      async () => {
        await api.write('shop', { docker_image: 'shop:2' });
        await api.write('shop', { docker_image: 'shop:3' });
        await api.write('web', { docker_image: 'shop:2' });
        await api.remove('deleted');
        await api.write('unknown');
      },
    );
    api = await start();
    for (const app of ['shop', 'web', 'still', 'deleted']) {
      await published(app, 1, 2);
      expect(await feed.readNewest(app)).toMatchObject({ deleted: false, spec: { docker_image: 'shop:1' } });
    }
    await settled();
    // Once for all of them.
    expect(await api.store.epoch()).toBe(2);
    const line = api.lines.filter((text) => text.includes('the restored state wins'));
    expect(line).toHaveLength(1);
    // What it has lost is left to whoever runs it.
    expect(await feed.readNewest('unknown')).toMatchObject({ epoch: 1, revision: 1 });
  });

  it('wins also when it was put back under an instance that goes on, and a change has hidden the proof', async () => {
    api = await start({ sweep: 60_000 });
    const other = await start({ sweep: 60_000 });
    await rested(api, other);
    const backup = await other.write('shop', { docker_image: 'shop:1' });
    await rested(api, other);
    for (const tag of [2, 3, 4]) await api.write('shop', { docker_image: `shop:${tag}` });
    await published('shop', 4);
    await rested(api, other);
    expect(await other.store.replace(backup, 4)).toBe(true);
    // To the other instance this is the first change after the one that it has seen.
    await other.write('shop', { docker_image: 'shop:9' });
    await published('shop', 2);
    api.publisher.nudge('shop');
    await published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also when that change has the revision of what it hides', async () => {
    api = await start({ sweep: 60_000 });
    const other = await start({ sweep: 60_000 });
    await rested(api, other);
    const backup = await other.write('shop', { docker_image: 'shop:1' });
    await rested(api, other);
    await api.write('shop', { docker_image: 'shop:2' });
    await published('shop', 2);
    await rested(api, other);
    expect(await other.store.replace(backup, 2)).toBe(true);
    await other.write('shop', { docker_image: 'shop:9' });
    await rested(other);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
    api.publisher.nudge('shop');
    await published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also when nobody is left who saw what was in the feed, once a worker tells of it', async () => {
    api = await start({ sweep: 60_000 });
    const other = await start({ sweep: 60_000 });
    await rested(api, other);
    const backup = await api.write('shop', { docker_image: 'shop:1' });
    await rested(api, other);
    for (const tag of [2, 3, 4]) await other.write('shop', { docker_image: `shop:${tag}` });
    await published('shop', 4);
    await rested(api, other);
    await other.stop();
    expect(await api.store.replace(backup, 4)).toBe(true);
    await api.write('shop', { docker_image: 'shop:9' });
    await published('shop', 2);
    await rested(api);
    expect(await api.store.epoch()).toBe(1);
    await api.publisher.suspect('shop');
    await published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also where the same revision says something else', async () => {
    await restoreAfter(
      async () => void (await api.write('shop')),
      async () => void (await api.write('shop', { docker_image: 'shop:2' })),
    );
    feed.away = true;
    api = await start();
    await api.write('shop', { docker_image: 'shop:9' });
    feed.away = false;
    await published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('goes on from the revision of an app that it has lost', async () => {
    await restoreAfter(
      async () => undefined,
      async () => {
        await api.write('lost');
        await api.write('lost', { running: false });
        await api.remove('lost');
      },
    );
    api = await start();
    expect(await api.publisher.prepareCreation('lost')).toBe(4);
    expect(await api.publisher.prepareCreation('new')).toBe(1);
    expect((await api.write('lost')).revision).toBe(4);
    await published('lost', 4);
    expect(await api.store.epoch()).toBe(1);
  });

  it('orders after a feed of a higher epoch', async () => {
    api = await start();
    await api.store.raiseEpoch(6);
    await api.write('lost');
    await api.write('shop');
    await settled();
    await api.stop();
    database = join(folder, 'new', 'nebula.db');
    api = await start();
    expect(await api.publisher.prepareCreation('lost')).toBe(2);
    expect(await api.store.epoch()).toBe(7);
    await api.write('lost');
    await published('lost', 2, 7);
  });
});

describe('a new app', () => {
  it('begins behind its tombstone, published or not', async () => {
    api = await start();
    await api.write('shop');
    await settled();
    feed.away = true;
    await api.remove('shop');
    expect(await api.publisher.prepareCreation('shop')).toBe(3);
    feed.away = false;
    await published('shop', 2);
    expect(await api.publisher.prepareCreation('shop')).toBe(3);
  });

  it.each<['away' | 'hanging']>([['away'], ['hanging']])(
    'isn’t kept waiting by a feed that is %s, and is right in the end',
    async (fault) => {
      api = await start({ tombstone_retention_days: 1 });
      await api.write('shop');
      await api.write('shop', { running: false });
      await api.remove('shop', '2020-01-01T00:00:00.000Z');
      await settled();
      api.clock.offset = 3_700_000;
      await eventually(async () => expect(await api.store.get('shop')).toBeNull());
      feed[fault] = true;
      const from = performance.now();
      expect((await api.write('shop', { docker_image: 'shop:7' })).revision).toBe(4);
      expect(performance.now() - from).toBeLessThan(10_000);
      feed[fault] = false;
      await published('shop', 4);
      expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:7' });
    },
  );
});

describe('a tombstone', () => {
  it('is forgotten after its time, once every feed has it', async () => {
    api = await start({ tombstone_retention_days: 30 });
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
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    expect(await api.store.get('young')).toMatchObject({ deleted: true });
    await eventually(async () => expect(await feed.readNewest('old')).toBeNull());
    expect(await feed.readNewest('young')).toMatchObject({ deleted: true });
    // Whoever has seen the old one takes the new one for newer.
    expect(await api.publisher.prepareCreation('old')).toBe(3);
  });

  it('leaves its stream when the feed can’t be had, which goes as soon as it can', async () => {
    api = await start({ tombstone_retention_days: 1, feed_call: 100 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await settled();
    feed.unremovable = true;
    api.clock.offset = 3_700_000;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    await eventually(() => expect(api.lines.join()).toMatch(/could not be published/));
    expect(await feed.readNewest('old')).toMatchObject({ deleted: true });
    feed.unremovable = false;
    await eventually(async () => expect(await feed.readNewest('old')).toBeNull());
    await settled();
  });

  it('that has become an app again by then keeps its stream', async () => {
    api = await start({ tombstone_retention_days: 1, feed_call: 100 });
    await api.write('old');
    await api.remove('old', '2020-01-01T00:00:00.000Z');
    await settled();
    feed.unremovable = true;
    api.clock.offset = 3_700_000;
    await eventually(async () => expect(await api.store.get('old')).toBeNull());
    await api.write('old');
    feed.unremovable = false;
    await published('old', 3);
    await settled();
    expect(await feed.readNewest('old')).toMatchObject({ deleted: false, revision: 3 });
  });
});
