import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MAX_MESSAGE_BYTES } from '@nebula/contracts';
import { eventually } from '../testing/eventually.js';
import { messageOfSize } from '../testing/feed-contract.js';
import { FollowedStreams } from '../testing/followed-streams.js';
import { wanted } from '../testing/messages.js';

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

describe('delivery', () => {
  it('brings the newest of each app, then each that is appended, with the app of its stream', async () => {
    await streams.publish(shop, 1, 2, 3);
    await streams.publish(web, 8);
    const worker = await streams.follow([shop, web]);
    await streams.received(worker, shop, 3);
    await streams.received(worker, web, 8);
    await streams.publish(shop, 4);
    await streams.received(worker, shop, 4);
    await streams.feed.publish(wanted(shop, 5, { GREETING: 'Grüß' }));
    await streams.received(worker, shop, 5);
    expect(streams.revisions(worker, shop)).toEqual([3, 4, 5]);
    expect(worker.listener.received.at(-1)).toEqual(wanted(shop, 5, { GREETING: 'Grüß' }));
    expect(worker.listener.origins.at(-1)).toEqual({ app_name: shop });
    expect(worker.strategy.problem()).toBeNull();
  });

  it('brings the newest alone of a last chunk of many messages, whatever their size', async () => {
    await streams.publish(shop, 1);
    await streams.publish(web, 1);
    const texts = Array.from({ length: 300 }, (_, n) => JSON.stringify(wanted(shop, n + 2)));
    await streams.server.append(shop, ...texts);
    const large = Array.from({ length: 60 }, (_, n) =>
      JSON.stringify(messageOfSize(web, n + 2, MAX_MESSAGE_BYTES)),
    );
    await streams.server.append(web, ...large);
    const worker = await streams.follow([shop, web]);
    await streams.received(worker, shop, 301);
    await streams.received(worker, web, 61);
    expect([streams.revisions(worker, shop), streams.revisions(worker, web)]).toEqual([[301], [61]]);
  });

  it("isn't disturbed by what is no message, which comes too when it is the newest", async () => {
    await streams.publish(shop, 1);
    const worker = await streams.follow([shop, web]);
    await streams.received(worker, shop, 1);
    for (const content of ['', 'garbage', '{"app_name":7}', Buffer.alloc(1_000_000, 'x')]) {
      const before = worker.listener.received.length;
      await streams.server.append(shop, content);
      await eventually(() => expect(worker.listener.received).toHaveLength(before + 1));
      expect(worker.listener.origins.at(-1)).toEqual({ app_name: shop });
    }
    await streams.server.append(shop, JSON.stringify(wanted(web, 9)));
    await eventually(() => expect(worker.listener.received.at(-1)?.app_name).toBe(web));
    expect(worker.listener.origins.at(-1)).toEqual({ app_name: shop });
    await streams.publish(shop, 2);
    await streams.received(worker, shop, 2);

    await streams.server.append(shop, 'garbage');
    const late = await streams.follow([shop]);
    await eventually(() => expect(late.listener.received.at(-1)).toBeUndefined());
    await streams.publish(shop, 3);
    await streams.received(late, shop, 3);
  });

  it('gives a slow handler the highest alone, one at a time, and goes on after one that fails', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    await streams.publish(shop, 1);
    const worker = await streams.follow([shop, web], async ({ revision }) => {
      if (revision === 1) await opened;
      if (revision === 9) throw new Error('broken');
    });
    await streams.received(worker, shop, 1);
    await streams.publish(shop, 2, 3, 4, 5, 9, 6, 7, 8);
    await streams.publish(web, 1);
    await streams.received(worker, web, 1);
    open();
    await streams.received(worker, shop, 9);
    expect(streams.revisions(worker, shop)).toEqual([1, 9]);
    await eventually(() => expect(worker.listener.problems.join()).toContain('could not be handled'));
    await streams.publish(shop, 10);
    await streams.received(worker, shop, 10);
  });

  it('follows more messages than may be unacknowledged', async () => {
    await streams.publish(shop, 1);
    const worker = await streams.follow([shop]);
    await streams.received(worker, shop, 1);
    for (let revision = 2; revision <= 350; revision += 1) await streams.feed.publish(wanted(shop, revision));
    await streams.received(worker, shop, 350);
  });

  it('follows a hundred apps over one connection', async () => {
    const apps = Array.from({ length: 100 }, (_, n) => `${shop}-${n}`);
    for (const app of apps) await streams.publish(app, 1);
    const worker = await streams.follow(apps, undefined, { connection_name: `hundred-${number}` });
    await eventually(() => expect(new Set(worker.listener.received.map((m) => m.app_name)).size).toBe(100));
    for (const app of apps) await streams.publish(app, 2);
    await eventually(() => {
      for (const app of apps) expect(streams.revisions(worker, app)).toEqual([1, 2]);
    });
    await eventually(async () => {
      const names = (await streams.server.connections()).map(({ name }) => name);
      expect(names.filter((name) => name === `hundred-${number}`)).toHaveLength(1);
    }, 20_000);
  });

  it('ends with the microservice', async () => {
    await streams.publish(shop, 1);
    const worker = await streams.follow([shop]);
    await streams.received(worker, shop, 1);
    await worker.listener.close();
    await worker.listener.close();
    await streams.publish(shop, 2);
    const next = await streams.follow([shop]);
    await streams.received(next, shop, 2);
    expect(streams.revisions(worker, shop)).toEqual([1]);
  });
});

describe('the list of apps', () => {
  it('changes while it runs, and holds after the connection was lost', async () => {
    await streams.publish(shop, 1);
    await streams.publish(web, 1);
    const name = `changing-${number}`;
    const worker = await streams.follow([shop], undefined, { connection_name: name });
    await streams.received(worker, shop, 1);
    worker.strategy.setApps([web]);
    await streams.received(worker, web, 1);
    await streams.publish(shop, 2);
    await streams.publish(web, 2);
    await streams.received(worker, web, 2);
    expect(streams.revisions(worker, shop)).toEqual([1]);

    await streams.server.dropConnections(name);
    await streams.publish(web, 3);
    await streams.publish(shop, 3);
    await streams.received(worker, web, 3);
    worker.strategy.setApps([shop, web]);
    await streams.received(worker, shop, 3);
    await streams.publish(web, 4);
    await streams.received(worker, web, 4);
    expect(streams.revisions(worker, shop)).toEqual([1, 3]);
  }, 30_000);

  it('can change before there is a connection, and be empty', async () => {
    await streams.publish(shop, 1);
    const { strategy, ...rest } = await streams.follow([]);
    strategy.setApps([web]);
    strategy.setApps([shop]);
    await streams.received({ strategy, ...rest }, shop, 1);
    strategy.setApps([]);
    await streams.publish(shop, 2);
    strategy.setApps([shop]);
    await streams.received({ strategy, ...rest }, shop, 2);
  });
});
