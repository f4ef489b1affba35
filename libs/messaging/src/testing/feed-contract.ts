import { beforeEach, describe, expect, it } from '@jest/globals';
import { desiredStateDigest, MAX_MESSAGE_BYTES, NO_TOKENS } from '@nebula/contracts';
import type { DesiredStateFeed } from '../ports.js';
import { wanted } from './messages.js';

/** A message of exactly so many bytes. */
export function messageOfSize(app: string, revision: number, bytes: number) {
  const message = wanted(app, revision, { FILL: '' });
  const fill = 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify(message)));
  return wanted(app, revision, { FILL: fill });
}

/**
 * What every feed does.
 *
 * @param feedForTest one whose apps named `shop`, `web` and `big` have no messages
 */
export function describeFeed(name: string, feedForTest: () => Promise<DesiredStateFeed>): void {
  describe(`the feed contract: ${name}`, () => {
    let feed: DesiredStateFeed;

    beforeEach(async () => {
      feed = await feedForTest();
    });

    it('has nothing of an app of which nothing was published', async () => {
      expect(await feed.readNewest('shop')).toBeNull();
      expect(await feed.readHighest('shop')).toEqual([]);
      expect(feed.problem()).toBeNull();
    });

    it('gives a message back as it was', async () => {
      const message = wanted('shop', 1, { GREETING: 'Grüß\n\u{1F600}' });
      await feed.publish(message);
      expect(await feed.readNewest('shop')).toEqual(message);
      expect(await feed.readHighest('shop')).toEqual([message]);
      expect(await feed.readNewest('web')).toBeNull();
    });

    it('has as the newest what was published last, whatever its position', async () => {
      for (const revision of [5, 7, 2]) await feed.publish(wanted('shop', revision));
      await feed.publish({ ...wanted('web', 1), epoch: 3 });
      await feed.publish({ ...wanted('web', 9), epoch: 2 });
      expect((await feed.readNewest('shop'))?.revision).toBe(2);
      expect(await feed.readNewest('web')).toMatchObject({ epoch: 2, revision: 9 });
    });

    it("keeps the order of publishes that don't wait for each other", async () => {
      const apps = ['shop', 'web'];
      const publishes = Array.from({ length: 40 }, (_, n) => wanted(apps[n % 2] ?? '', n + 1));
      await Promise.all(publishes.map((message) => feed.publish(message)));
      expect((await feed.readNewest('shop'))?.revision).toBe(39);
      expect((await feed.readNewest('web'))?.revision).toBe(40);
    });

    it('removes what a deleted app has left, and nothing of one that lives', async () => {
      const gone = { deleted: true, spec: null, digest: desiredStateDigest(null, NO_TOKENS) };
      await feed.publish(wanted('shop', 1));
      await feed.publish({ ...wanted('shop', 2), ...gone });
      await feed.publish({ ...wanted('web', 1), ...gone });
      await feed.publish(wanted('web', 2));
      expect(await feed.removeDeleted('shop')).toBe(true);
      expect(await feed.readNewest('shop')).toBeNull();
      for (const app of ['shop', 'big']) expect(await feed.removeDeleted(app)).toBe(true);
      expect(await feed.removeDeleted('web')).toBe(false);
      expect((await feed.readNewest('web'))?.revision).toBe(2);
      await feed.publish(wanted('shop', 3));
      expect((await feed.readNewest('shop'))?.revision).toBe(3);
      expect(feed.problem()).toBeNull();
    });

    it('takes the largest message there may be, and none larger', async () => {
      const largest = messageOfSize('big', 1, MAX_MESSAGE_BYTES);
      await feed.publish(largest);
      expect(await feed.readNewest('big')).toEqual(largest);
      await expect(feed.publish(messageOfSize('big', 2, MAX_MESSAGE_BYTES + 1))).rejects.toThrow(
        `at most ${MAX_MESSAGE_BYTES} can be sent`,
      );
      expect((await feed.readNewest('big'))?.revision).toBe(1);
    });
  });
}
