import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DesiredStateMessage, MAX_MESSAGE_BYTES, PATTERNS } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { messageOfSize } from '../testing/feed-contract.js';
import { Listener } from '../testing/listener.js';
import { wanted } from '../testing/messages.js';
import { BrokerConnection } from './broker-connection.js';
import { RabbitDesiredStateStrategy } from './rabbit-desired-state-strategy.js';
import { RabbitFeed } from './rabbit-feed.js';
import type { RabbitOptions } from './rabbit-options.js';

const LIMIT = 120_000;
const RETRY = { first_ms: 50, longest_ms: 200 };

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

interface Following {
  strategy: RabbitDesiredStateStrategy;
  listener: Listener<DesiredStateMessage>;
}

let server: BrokerUnderTest;
let feed: RabbitFeed;
const listeners: Listener<DesiredStateMessage>[] = [];
const connections: BrokerConnection[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await BrokerUnderTest.start();
  feed = new RabbitFeed({ region: 'eu', ...server.options() });
  await eventually(() => expect(feed.problem()).toBeNull());
}, LIMIT);

afterAll(async () => {
  await feed.close();
  await server.remove();
}, LIMIT);

let number = 0;
let shop: string;
let web: string;

beforeEach(() => {
  number += 1;
  shop = `shop-${number}`;
  web = `web-${number}`;
});

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
  for (const connection of connections.splice(0)) await connection.close();
  Logger.overrideLogger(false);
});

async function follow(
  apps: string[],
  handle?: (message: DesiredStateMessage) => unknown,
  changes: Partial<RabbitOptions> = {},
): Promise<Following> {
  const connection = new BrokerConnection(server.options(changes));
  connections.push(connection);
  const strategy = new RabbitDesiredStateStrategy(connection, apps, RETRY);
  const listener = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy, handle);
  listeners.push(listener);
  return { strategy, listener };
}

function revisions({ listener }: Following, app = shop): number[] {
  return listener.received.filter((message) => message?.app_name === app).map(({ revision }) => revision);
}

async function received(
  following: Following,
  app: string,
  revision: number,
  limitMs?: number,
): Promise<void> {
  await eventually(() => expect(revisions(following, app).at(-1)).toBe(revision), limitMs);
}

/** Resolves when an app's stream is followed, which is shown by a message that arrives. */
async function publish(app: string, ...numbers: number[]): Promise<void> {
  for (const revision of numbers) await feed.publish(wanted(app, revision));
}

describe('delivery', () => {
  it('brings the newest of each app, then each that is appended, with the app of its stream', async () => {
    await publish(shop, 1, 2, 3);
    await publish(web, 8);
    const worker = await follow([shop, web]);
    await received(worker, shop, 3);
    await received(worker, web, 8);
    await publish(shop, 4);
    await received(worker, shop, 4);
    await feed.publish(wanted(shop, 5, { GREETING: 'Grüß' }));
    await received(worker, shop, 5);
    expect(revisions(worker)).toEqual([3, 4, 5]);
    expect(worker.listener.received.at(-1)).toEqual(wanted(shop, 5, { GREETING: 'Grüß' }));
    expect(worker.listener.origins.at(-1)).toEqual({ app_name: shop });
    expect(worker.strategy.problem()).toBeNull();
  });

  it('brings the newest alone of a last chunk of many messages, whatever their size', async () => {
    await publish(shop, 1);
    await publish(web, 1);
    const texts = Array.from({ length: 300 }, (_, n) => JSON.stringify(wanted(shop, n + 2)));
    await server.append(shop, ...texts);
    const large = Array.from({ length: 60 }, (_, n) =>
      JSON.stringify(messageOfSize(web, n + 2, MAX_MESSAGE_BYTES)),
    );
    await server.append(web, ...large);
    const worker = await follow([shop, web]);
    await received(worker, shop, 301);
    await received(worker, web, 61);
    expect([revisions(worker), revisions(worker, web)]).toEqual([[301], [61]]);
  });

  it('isn’t disturbed by what is no message, which comes too when it is the newest', async () => {
    await publish(shop, 1);
    const worker = await follow([shop, web]);
    await received(worker, shop, 1);
    for (const content of ['', 'garbage', '{"app_name":7}', Buffer.alloc(1_000_000, 'x')]) {
      const before = worker.listener.received.length;
      await server.append(shop, content);
      await eventually(() => expect(worker.listener.received).toHaveLength(before + 1));
      expect(worker.listener.origins.at(-1)).toEqual({ app_name: shop });
    }
    await server.append(shop, JSON.stringify(wanted(web, 9)));
    await eventually(() => expect(worker.listener.received.at(-1)?.app_name).toBe(web));
    expect(worker.listener.origins.at(-1)).toEqual({ app_name: shop });
    await publish(shop, 2);
    await received(worker, shop, 2);

    await server.append(shop, 'garbage');
    const late = await follow([shop]);
    await eventually(() => expect(late.listener.received.at(-1)).toBeUndefined());
    await publish(shop, 3);
    await received(late, shop, 3);
  });

  it('gives a slow handler the highest alone, one at a time, and goes on after one that fails', async () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    await publish(shop, 1);
    const worker = await follow([shop, web], async ({ revision }) => {
      if (revision === 1) await opened;
      if (revision === 9) throw new Error('broken');
    });
    await received(worker, shop, 1);
    await publish(shop, 2, 3, 4, 5, 9, 6, 7, 8);
    await publish(web, 1);
    await received(worker, web, 1);
    open();
    await received(worker, shop, 9);
    expect(revisions(worker)).toEqual([1, 9]);
    await eventually(() => expect(worker.listener.problems.join()).toContain('could not be handled'));
    await publish(shop, 10);
    await received(worker, shop, 10);
  });

  it('follows more messages than may be unacknowledged', async () => {
    await publish(shop, 1);
    const worker = await follow([shop]);
    await received(worker, shop, 1);
    for (let revision = 2; revision <= 350; revision += 1) await feed.publish(wanted(shop, revision));
    await received(worker, shop, 350);
  });

  it('follows a hundred apps over one connection', async () => {
    const apps = Array.from({ length: 100 }, (_, n) => `${shop}-${n}`);
    for (const app of apps) await publish(app, 1);
    const worker = await follow(apps, undefined, { connection_name: `hundred-${number}` });
    await eventually(() => expect(new Set(worker.listener.received.map((m) => m.app_name)).size).toBe(100));
    for (const app of apps) await publish(app, 2);
    await eventually(() => {
      for (const app of apps) expect(revisions(worker, app)).toEqual([1, 2]);
    });
    await eventually(async () => {
      const names = (await server.connections()).map(({ name }) => name);
      expect(names.filter((name) => name === `hundred-${number}`)).toHaveLength(1);
    }, 20_000);
  });

  it('ends with the microservice', async () => {
    await publish(shop, 1);
    const worker = await follow([shop]);
    await received(worker, shop, 1);
    await worker.listener.close();
    await worker.listener.close();
    await publish(shop, 2);
    const next = await follow([shop]);
    await received(next, shop, 2);
    expect(revisions(worker)).toEqual([1]);
  });
});

describe('the list of apps', () => {
  it('changes while it runs, and holds after the connection was lost', async () => {
    await publish(shop, 1);
    await publish(web, 1);
    const name = `changing-${number}`;
    const worker = await follow([shop], undefined, { connection_name: name });
    await received(worker, shop, 1);
    worker.strategy.setApps([web]);
    await received(worker, web, 1);
    await publish(shop, 2);
    await publish(web, 2);
    await received(worker, web, 2);
    expect(revisions(worker)).toEqual([1]);

    await server.dropConnections(name);
    await publish(web, 3);
    await publish(shop, 3);
    await received(worker, web, 3);
    worker.strategy.setApps([shop, web]);
    await received(worker, shop, 3);
    await publish(web, 4);
    await received(worker, web, 4);
    expect(revisions(worker)).toEqual([1, 3]);
  }, 30_000);

  it('can change before there is a connection, and be empty', async () => {
    await publish(shop, 1);
    const { strategy, ...rest } = await follow([]);
    strategy.setApps([web]);
    strategy.setApps([shop]);
    await received({ strategy, ...rest }, shop, 1);
    strategy.setApps([]);
    await publish(shop, 2);
    strategy.setApps([shop]);
    await received({ strategy, ...rest }, shop, 2);
  });
});

describe('a stream', () => {
  it('that is missing or empty is waited for, and no problem', async () => {
    await server.declareStream(web);
    const ready = `ready-${number}`;
    await publish(ready, 1);
    const worker = await follow([shop, web, ready]);
    await received(worker, ready, 1);
    expect(worker.strategy.problem()).toBeNull();
    await publish(web, 1);
    await received(worker, web, 1);
    await publish(shop, 1, 2);
    await received(worker, shop, 2);
    expect(worker.listener.problems).toEqual([]);
  });

  it('that is deleted and made anew is followed again, and the others all along', async () => {
    await publish(shop, 5);
    await publish(web, 1);
    const worker = await follow([shop, web]);
    await received(worker, shop, 5);
    await received(worker, web, 1);
    await server.deleteStream(shop);
    await publish(web, 2);
    await received(worker, web, 2);
    await publish(shop, 6);
    await received(worker, shop, 6);
    await publish(web, 3);
    await received(worker, web, 3);
    expect(revisions(worker)).toEqual([5, 6]);
    expect(revisions(worker, web)).toEqual([1, 2, 3]);
  });

  it('that is deleted over and over, with all others, is followed again', async () => {
    const apps = Array.from({ length: 10 }, (_, n) => `${shop}-${n}`);
    const worker = await follow(apps);
    for (let revision = 1; revision <= 40; revision += 1) {
      for (const app of apps) await publish(app, revision);
      await eventually(() => {
        for (const app of apps) expect(revisions(worker, app).at(-1)).toBe(revision);
      });
      await Promise.all(apps.map((app) => server.deleteStream(app)));
    }
    expect(worker.strategy.problem()).toBeNull();
  }, 90_000);

  it('that may not be read is a problem, in words', async () => {
    await publish(shop, 1);
    await server.broker.manage('PUT', '/api/users/blind', { password: 'p', tags: '' });
    const none = { configure: '^$', read: '^$', write: '^$' };
    await server.broker.manage('PUT', '/api/permissions/%2F/blind', none);
    const worker = await follow([shop], undefined, { user: 'blind', password: 'p' });
    await eventually(() =>
      expect(worker.strategy.problem()).toBe(`RabbitMQ doesn’t allow to read the stream of ${shop}`),
    );
    await server.broker.manage('PUT', '/api/permissions/%2F/blind', { ...none, read: '.*' });
    await received(worker, shop, 1);
    expect(worker.strategy.problem()).toBeNull();
  });
});

describe('the broker', () => {
  it(
    'can be killed and come back with its data, and the worker with it',
    async () => {
      await publish(shop, 1);
      const worker = await follow([shop, web]);
      await received(worker, shop, 1);
      await server.broker.killNode();
      await eventually(() => expect(worker.strategy.problem()).not.toBeNull());
      await server.broker.startNode();
      await eventually(() => publish(shop, 2), 30_000);
      await received(worker, shop, 2, 30_000);
      await publish(web, 1);
      await received(worker, web, 1);
      expect(worker.strategy.problem()).toBeNull();
    },
    LIMIT,
  );

  it(
    'can be away when the worker starts, and be made anew from nothing',
    async () => {
      await publish(shop, 1);
      const first = await follow([shop]);
      await received(first, shop, 1);
      await server.broker.stop();
      const second = await follow([shop]);
      await eventually(() => expect(second.strategy.problem()).toContain('nothing listens there'));
      await server.broker.wipe();
      await server.broker.start();
      await eventually(() => publish(shop, 2), 30_000);
      for (const worker of [first, second]) await received(worker, shop, 2, 30_000);
    },
    LIMIT,
  );

  it(
    'that gives no answer is given up, and the worker comes back',
    async () => {
      await publish(shop, 1);
      const worker = await follow([shop], undefined, { heartbeat_seconds: 1 });
      await received(worker, shop, 1);
      const pid = server.broker.pid() ?? 0;
      process.kill(pid, 'SIGSTOP');
      try {
        await eventually(() => expect(worker.strategy.problem()).not.toBeNull(), 20_000);
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await eventually(() => publish(shop, 2), 30_000);
      await received(worker, shop, 2, 30_000);
    },
    LIMIT,
  );
});
