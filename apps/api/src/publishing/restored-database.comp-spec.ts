import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FaultyFeed } from './testing/faulty-feed.js';
import { PublishingBed } from './testing/publishing-bed.js';
import type { PublishingUnderTest } from './testing/publishing-under-test.js';

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

describe('a database that was restored from a backup', () => {
  /** Runs an instance on an empty bed.folder, takes a backup, goes on, and has the backup in the database's place. */
  async function restoreAfter(before: () => Promise<void>, after: () => Promise<void>): Promise<void> {
    api = await bed.start();
    await before();
    await bed.settled(api);
    await api.stop();
    const backup = join(bed.folder, 'backup.db');
    await copyFile(bed.database, backup);
    api = await bed.start();
    await after();
    await bed.settled(api);
    await api.stop();
    bed.database = backup;
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
    api = await bed.start();
    for (const app of ['shop', 'web', 'still', 'deleted']) {
      await bed.published(app, 1, 2);
      expect(await feed.readNewest(app)).toMatchObject({ deleted: false, spec: { docker_image: 'shop:1' } });
    }
    await bed.settled(api);
    // Once for all of them.
    expect(await api.store.epoch()).toBe(2);
    const line = api.lines.filter((text) => text.includes('the restored state wins'));
    expect(line).toHaveLength(1);
    // What it has lost is left to whoever runs it.
    expect(await feed.readNewest('unknown')).toMatchObject({ epoch: 1, revision: 1 });
  });

  it('wins also when it was put back under an instance that goes on, and a change has hidden the proof', async () => {
    api = await bed.start({ sweep: 60_000 });
    const other = await bed.start({ sweep: 60_000 });
    await bed.rested(api, other);
    const backup = await other.write('shop', { docker_image: 'shop:1' });
    await bed.rested(api, other);
    for (const tag of [2, 3, 4]) await api.write('shop', { docker_image: `shop:${tag}` });
    await bed.published('shop', 4);
    await bed.rested(api, other);
    expect(await other.store.replace(backup, 4)).toBe(true);
    // To the other instance this is the first change after the one that it has seen.
    await other.write('shop', { docker_image: 'shop:9' });
    await bed.published('shop', 2);
    await api.nudge('shop');
    await bed.published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also when that change has the revision of what it hides', async () => {
    api = await bed.start({ sweep: 60_000 });
    const other = await bed.start({ sweep: 60_000 });
    await bed.rested(api, other);
    const backup = await other.write('shop', { docker_image: 'shop:1' });
    await bed.rested(api, other);
    await api.write('shop', { docker_image: 'shop:2' });
    await bed.published('shop', 2);
    await bed.rested(api, other);
    expect(await other.store.replace(backup, 2)).toBe(true);
    await other.write('shop', { docker_image: 'shop:9' });
    await bed.rested(other);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
    await api.nudge('shop');
    await bed.published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also when nobody is left who saw what was in the feed, once a worker tells of it', async () => {
    api = await bed.start({ sweep: 60_000 });
    const other = await bed.start({ sweep: 60_000 });
    await bed.rested(api, other);
    const backup = await api.write('shop', { docker_image: 'shop:1' });
    await bed.rested(api, other);
    for (const tag of [2, 3, 4]) await other.write('shop', { docker_image: `shop:${tag}` });
    await bed.published('shop', 4);
    await bed.rested(api, other);
    await other.stop();
    expect(await api.store.replace(backup, 4)).toBe(true);
    await api.write('shop', { docker_image: 'shop:9' });
    await bed.published('shop', 2);
    await bed.rested(api);
    expect(await api.store.epoch()).toBe(1);
    await api.publisher.suspect('shop');
    await bed.published('shop', 2, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also when as many changes came after it as it has lost, once a worker tells of it', async () => {
    api = await bed.start({ sweep: 60_000 });
    const other = await bed.start({ sweep: 60_000 });
    await bed.rested(api, other);
    const backup = await api.write('shop', { docker_image: 'shop:1' });
    await bed.published('shop', 1);
    await bed.rested(api, other);
    for (const tag of [2, 3]) await other.write('shop', { docker_image: `shop:${tag}` });
    await bed.published('shop', 3);
    await bed.rested(api, other);
    await other.stop();
    expect(await api.store.replace(backup, 3)).toBe(true);
    for (const tag of [8, 9]) {
      const { revision } = await api.write('shop', { docker_image: `shop:${tag}` });
      await bed.published('shop', revision);
      await bed.rested(api);
    }
    // What workers have is at the same position, and nothing in the database says that it is another one.
    expect(await feed.readNewest('shop')).toMatchObject({ epoch: 1, revision: 3 });
    await api.publisher.suspect('shop');
    await bed.published('shop', 3, 2);
    expect((await feed.readNewest('shop'))?.spec).toMatchObject({ docker_image: 'shop:9' });
  });

  it('wins also where the same revision says something else', async () => {
    await restoreAfter(
      async () => void (await api.write('shop')),
      async () => void (await api.write('shop', { docker_image: 'shop:2' })),
    );
    feed.away = true;
    api = await bed.start();
    await api.write('shop', { docker_image: 'shop:9' });
    feed.away = false;
    await bed.published('shop', 2, 2);
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
    api = await bed.start();
    expect(await api.publisher.prepareCreation('lost')).toBe(4);
    expect(await api.publisher.prepareCreation('new')).toBe(1);
    expect((await api.write('lost')).revision).toBe(4);
    await bed.published('lost', 4);
    expect(await api.store.epoch()).toBe(1);
  });

  it('orders after a feed of a higher epoch', async () => {
    api = await bed.start();
    await api.store.raiseEpoch(6);
    await api.write('lost');
    await api.write('shop');
    await bed.settled(api);
    await api.stop();
    bed.database = join(bed.folder, 'new', 'nebula.db');
    api = await bed.start();
    expect(await api.publisher.prepareCreation('lost')).toBe(2);
    expect(await api.store.epoch()).toBe(7);
    await api.write('lost');
    await bed.published('lost', 2, 7);
  });
});
