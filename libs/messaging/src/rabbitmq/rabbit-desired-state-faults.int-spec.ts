import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { streamName } from '@nebula/contracts';
import { SilentStreamError } from '../silent-stream-error.js';
import { eventually } from '../testing/eventually.js';
import { FollowedStreams } from '../testing/followed-streams.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { RabbitFeed } from './rabbit-feed.js';

const LIMIT = 120_000;

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let streams: FollowedStreams;
let number = 0;
let shop: string;
let web: string;

beforeAll(async () => {
  streams = await FollowedStreams.open();
}, LIMIT);

afterAll(async () => {
  await streams.close();
}, LIMIT);

beforeEach(() => {
  number += 1;
  shop = `shop-${number}`;
  web = `web-${number}`;
});

afterEach(async () => {
  await streams.forget();
});

describe('a stream', () => {
  it('that is missing or empty is waited for, and no problem', async () => {
    await streams.server.declareStream(web);
    const ready = `ready-${number}`;
    await streams.publish(ready, 1);
    const worker = await streams.follow([shop, web, ready]);
    await streams.received(worker, ready, 1);
    expect(worker.strategy.problem()).toBeNull();
    await streams.publish(web, 1);
    await streams.received(worker, web, 1);
    await streams.publish(shop, 1, 2);
    await streams.received(worker, shop, 2);
    expect(worker.listener.problems).toEqual([]);
  });

  it('that is deleted and made anew is followed again, and the others all along', async () => {
    await streams.publish(shop, 5);
    await streams.publish(web, 1);
    const worker = await streams.follow([shop, web]);
    await streams.received(worker, shop, 5);
    await streams.received(worker, web, 1);
    await streams.server.deleteStream(shop);
    await streams.publish(web, 2);
    await streams.received(worker, web, 2);
    await streams.publish(shop, 6);
    await streams.received(worker, shop, 6);
    await streams.publish(web, 3);
    await streams.received(worker, web, 3);
    expect(streams.revisions(worker, shop)).toEqual([5, 6]);
    expect(streams.revisions(worker, web)).toEqual([1, 2, 3]);
  });

  it('that is deleted over and over, with all others, is followed again', async () => {
    const apps = Array.from({ length: 10 }, (_, n) => `${shop}-${n}`);
    const worker = await streams.follow(apps);
    for (let revision = 1; revision <= 40; revision += 1) {
      for (const app of apps) await streams.publish(app, revision);
      await eventually(() => {
        for (const app of apps) expect(streams.revisions(worker, app).at(-1)).toBe(revision);
      });
      await Promise.all(apps.map((app) => streams.server.deleteStream(app)));
    }
    // A stream can still be found while it is deleted, which costs the channel.
    await eventually(() => expect(worker.strategy.problem()).toBeNull());
  }, 90_000);

  it('of which a limit has removed all that it still counts says so, and brings what is appended', async () => {
    const segment = 5_000;
    await streams.server.onChannel((channel) =>
      channel.assertQueue(streamName(shop), {
        durable: true,
        arguments: {
          ...{ 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': segment },
          'x-max-length-bytes': 1,
        },
      }),
    );
    await streams.server.append(shop, ' '.repeat(segment));
    await eventually(async () => {
      await expect(streams.feed.readNewest(shop)).rejects.toThrow(SilentStreamError);
    }, 30_000);
    const worker = await streams.follow([shop]);
    await streams.publish(shop, 1);
    await streams.received(worker, shop, 1);
    expect(await streams.feed.readNewest(shop)).toMatchObject({ revision: 1 });
    expect(worker.strategy.problem()).toBeNull();
  });

  it('that may not be read is a problem, in words', async () => {
    await streams.publish(shop, 1);
    await streams.server.broker.manage('PUT', '/api/users/blind', { password: 'p', tags: '' });
    const none = { configure: '^$', read: '^$', write: '^$' };
    await streams.server.broker.manage('PUT', '/api/permissions/%2F/blind', none);
    const worker = await streams.follow([shop], undefined, { user: 'blind', password: 'p' });
    await eventually(() =>
      expect(worker.strategy.problem()).toBe(`RabbitMQ doesn't allow to read the stream of ${shop}`),
    );
    await streams.server.broker.manage('PUT', '/api/permissions/%2F/blind', { ...none, read: '.*' });
    await streams.received(worker, shop, 1);
    expect(worker.strategy.problem()).toBeNull();
  });
});

describe('the broker', () => {
  it(
    'can be killed and come back with its data, and the worker with it',
    async () => {
      await streams.publish(shop, 1);
      const worker = await streams.follow([shop, web]);
      await streams.received(worker, shop, 1);
      await streams.server.broker.killNode();
      await eventually(() => expect(worker.strategy.problem()).not.toBeNull());
      await streams.server.broker.startNode();
      await eventually(() => streams.publish(shop, 2), 30_000);
      await streams.received(worker, shop, 2, 30_000);
      await streams.publish(web, 1);
      await streams.received(worker, web, 1);
      await eventually(() => expect(worker.strategy.problem()).toBeNull());
    },
    LIMIT,
  );

  it(
    'can be away when the worker starts, and be made anew from nothing',
    async () => {
      await streams.publish(shop, 1);
      const first = await streams.follow([shop]);
      await streams.received(first, shop, 1);
      await streams.server.broker.stop();
      const second = await streams.follow([shop]);
      await eventually(() => expect(second.strategy.problem()).toContain('nothing listens there'));
      await streams.server.broker.wipe();
      await streams.server.broker.start();
      await eventually(() => streams.publish(shop, 2), 30_000);
      for (const worker of [first, second]) await streams.received(worker, shop, 2, 30_000);
    },
    LIMIT,
  );

  it(
    'that gives no answer is given up, and the worker comes back',
    async () => {
      await streams.publish(shop, 1);
      const worker = await streams.follow([shop], undefined, { heartbeat_seconds: 1 });
      await streams.received(worker, shop, 1);
      const pid = streams.server.broker.pid() ?? 0;
      process.kill(pid, 'SIGSTOP');
      try {
        await eventually(() => expect(worker.strategy.problem()).not.toBeNull(), 20_000);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await eventually(() => streams.publish(shop, 2), 30_000);
      await streams.received(worker, shop, 2, 30_000);
    },
    LIMIT,
  );
});

describe('a broker that hangs', () => {
  it(
    'is found out by what has no answer, however long its heartbeat is',
    async () => {
      const feed = new RabbitFeed({ region: 'eu', ...streams.server.options({ heartbeat_seconds: 600 }) });
      try {
        await eventually(() => feed.publish(wanted(shop, 1)), 30_000);
        expect(await feed.readNewest(shop)).toMatchObject({ revision: 1 });
        const pid = streams.server.broker.pid() ?? 0;
        process.kill(pid, 'SIGSTOP');
        try {
          // On a channel that is open.
          await expect(feed.readNewest(shop)).rejects.toThrow('took longer than');
          await eventually(() => expect(feed.problem()).not.toBeNull(), 30_000);
        } finally {
          process.kill(pid, 'SIGCONT');
        }
        await eventually(() => feed.publish(wanted(shop, 2)), 30_000);
        expect(feed.problem()).toBeNull();
      } finally {
        await feed.close();
      }
    },
    LIMIT,
  );
});

describe('a broker that is short of memory', () => {
  it('cuts nobody off, is no problem to who only follows, and what waits goes on when it has enough', async () => {
    const { broker } = streams.server;
    const { feed } = streams;
    const log = new LogLines();
    await streams.publish(shop, 1);
    await streams.publish(web, 1);
    const worker = await streams.follow([shop, web]);
    await streams.received(worker, shop, 1);
    const reports = await worker.connection.openConfirmChannel();
    log.start();
    await broker.setMemoryWatermark(0);
    try {
      // Each is blocked when it publishes; until then the broker reads what it asks.
      const sent = new Promise<void>((resolve) => {
        reports.publish('', 'nobody', Buffer.from('a report'), {}, () => resolve());
      });
      const asked = [feed.publish(wanted(shop, 2)), feed.readNewest(shop), feed.readNewest(web)];
      const blocked = expect.stringContaining('takes no messages');
      await eventually(() => expect(feed.problem()).toEqual(blocked));
      expect(feed.lacksRoom()).toBe(true);
      await eventually(() => expect(worker.connection.problem()).toEqual(blocked));
      expect(worker.strategy.problem()).toBeNull();
      // The first one has no confirmation in its time.
      const [published] = await Promise.allSettled(asked);
      expect(published?.status).toBe('rejected');
      // What comes after it asks the broker for nothing.
      for (let count = 0; count < 5; count += 1) {
        await expect(feed.publish(wanted(shop, 3))).rejects.toThrow('takes no messages');
        await expect(feed.readNewest(shop)).rejects.toThrow();
      }
      await expect(worker.connection.answered('an answer', reports.prefetch(1))).rejects.toThrow(
        'longer than',
      );
      expect(worker.strategy.problem()).toBeNull();
      expect(log.problems('is lost')).toEqual([]);
      await broker.setMemoryWatermark(0.9);
      await sent;
      await eventually(() => expect(feed.problem()).toBeNull());
      expect(feed.lacksRoom()).toBe(false);
      expect(worker.connection.problem()).toBeNull();
      await feed.publish(wanted(shop, 4));
      await feed.publish(wanted(web, 2));
      await streams.received(worker, shop, 4);
      await streams.received(worker, web, 2);
      expect(await feed.readNewest(shop)).toMatchObject({ revision: 4 });
      expect(log.problems('is lost')).toEqual([]);
    } finally {
      log.stop();
      await broker.setMemoryWatermark(0.9);
    }
  });
});
