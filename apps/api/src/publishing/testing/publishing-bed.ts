import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { InProcessBroker } from '@nebula/messaging';
import { eventually } from '../../testing/eventually.js';
import { FaultyFeed } from './faulty-feed.js';
import { type PublishingSettings, PublishingUnderTest } from './publishing-under-test.js';

/** Instances that publish from one database into one feed. */
export class PublishingBed {
  private readonly started: PublishingUnderTest[] = [];

  private constructor(
    readonly folder: string,
    readonly feed: FaultyFeed,
    /** The database file, in a folder of its own. */
    public database: string,
  ) {}

  static async open(): Promise<PublishingBed> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-publishing-'));
    const feed = new FaultyFeed(new InProcessBroker({ directory: join(folder, 'feed') }).feed);
    return new PublishingBed(folder, feed, join(folder, 'first', 'nebula.db'));
  }

  async close(): Promise<void> {
    for (const instance of this.started.splice(0)) await instance.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One more instance. */
  async start(settings: Partial<PublishingSettings> = {}): Promise<PublishingUnderTest> {
    const instance = await PublishingUnderTest.start(this.database, { feeds: [this.feed], ...settings });
    this.started.push(instance);
    return instance;
  }

  /** Resolves when this is the newest in the feed. */
  async published(app: string, revision: number, epoch = 1): Promise<void> {
    await eventually(async () => expect(await this.feed.readNewest(app)).toMatchObject({ epoch, revision }));
  }

  /** Resolves when all that is in an instance's database is in the feed. */
  async settled({ store }: PublishingUnderTest): Promise<void> {
    await eventually(async () => expect(await store.behind('local', await store.epoch(), 100)).toEqual([]));
  }

  /** Resolves when no instance does anything more by itself: what was done behind its back it hasn't seen. */
  async rested(...instances: readonly PublishingUnderTest[]): Promise<void> {
    await eventually(() => {
      for (const { publisher } of instances) expect(publisher.rests()).toBe(true);
    });
  }
}
