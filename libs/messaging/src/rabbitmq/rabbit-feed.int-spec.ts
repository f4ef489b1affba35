import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MAX_MESSAGE_BYTES, streamName } from '@nebula/contracts';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { describeFeed, messageOfSize } from '../testing/feed-contract.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { RabbitFeed } from './rabbit-feed.js';
import type { RabbitOptions } from './rabbit-options.js';
import { policies, STREAM_LENGTH_BYTES } from './setup/policies.js';

const LIMIT = 120_000;

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let server: BrokerUnderTest;
const feeds: RabbitFeed[] = [];
const log = new LogLines();

beforeAll(async () => {
  server = await BrokerUnderTest.start();
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

beforeEach(() => log.start());

afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.close();
  log.stop();
}, LIMIT);

function feedWith(changes: Partial<RabbitOptions> = {}): RabbitFeed {
  const feed = new RabbitFeed({ region: 'eu', ...server.options(changes) });
  feeds.push(feed);
  return feed;
}

/** A feed that is connected, on a broker without these apps. */
async function connectedFeed(...apps: string[]): Promise<RabbitFeed> {
  for (const app of apps) await server.deleteStream(app);
  const feed = feedWith();
  await eventually(() => expect(feed.problem()).toBeNull());
  return feed;
}

describeFeed('RabbitMQ', () => connectedFeed('shop', 'web', 'big'));

describe('streams', () => {
  it('that are empty have no newest message, and take the first', async () => {
    const feed = await connectedFeed('empty');
    await server.declareStream('empty');
    expect(await feed.readNewest('empty')).toBeNull();
    expect(await feed.readHighest('empty')).toEqual([]);
    await feed.publish(wanted('empty', 1));
    expect((await feed.readNewest('empty'))?.revision).toBe(1);
  });

  it('that were deleted are declared again', async () => {
    const feed = await connectedFeed('gone');
    await feed.publish(wanted('gone', 1));
    await server.deleteStream('gone');
    expect(await feed.readNewest('gone')).toBeNull();
    await feed.publish(wanted('gone', 2));
    expect((await feed.readNewest('gone'))?.revision).toBe(2);
  });

  it('show the highest message behind which lower ones and garbage were appended', async () => {
    const feed = await connectedFeed('restored');
    await feed.publish({ ...wanted('restored', 4), epoch: 2 });
    for (const revision of [5, 6, 7]) await feed.publish(wanted('restored', revision));
    await server.append('restored', 'garbage', '', '{"app_name":"restored","revision":99,"epoch":9}');
    expect(await feed.readHighest('restored')).toMatchObject([{ epoch: 2, revision: 4 }]);
    expect(await feed.readNewest('restored')).toBeNull();
    expect(log.problems('of no use')).toHaveLength(1);
    await feed.publish(wanted('restored', 8));
    expect(await feed.readNewest('restored')).toMatchObject({ epoch: 1, revision: 8 });
    // A database that was put back to an older state has said something else at that position.
    const rival = { ...wanted('restored', 4, { GREETING: 'other' }), epoch: 2 };
    await feed.publish(rival);
    await feed.publish(wanted('restored', 9));
    const [first, second] = await feed.readHighest('restored');
    expect([first?.digest, second]).toEqual([wanted('restored', 4).digest, rival]);
  });

  it('carry no message of another app', async () => {
    const feed = await connectedFeed('own');
    await feed.publish(wanted('own', 1));
    await server.append('own', JSON.stringify(wanted('other', 2)));
    expect(await feed.readNewest('own')).toBeNull();
    expect((await feed.readHighest('own'))[0]?.revision).toBe(1);
  });

  it('give the newest of a last chunk of many messages', async () => {
    const feed = await connectedFeed('many');
    await feed.publish(wanted('many', 1));
    const texts = Array.from({ length: 300 }, (_, n) => JSON.stringify(wanted('many', n + 2)));
    await server.append('many', ...texts);
    for (let turn = 0; turn < 10; turn += 1) expect((await feed.readNewest('many'))?.revision).toBe(301);
    expect((await feed.readHighest('many'))[0]?.revision).toBe(301);
  });

  it('are read on a few channels, which stay, and leave no consumer behind', async () => {
    await connectedFeed('read');
    const feed = feedWith({ connection_name: 'reading' });
    await eventually(() => feed.publish(wanted('read', 1)));
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await feed.readNewest('missing')).toBeNull();
      const reads = Array.from({ length: 20 }, () => feed.readNewest('read'));
      for (const newest of await Promise.all(reads)) expect(newest?.revision).toBe(1);
    }
    await eventually(async () => {
      const [connection] = (await server.connections()).filter(({ name }) => name === 'reading');
      // One of them publishes.
      expect(connection?.channels).toBe(9);
    }, 20_000);
    const stream = await server.broker.manage('GET', '/api/queues/%2F/nebula.app.read');
    expect((JSON.parse(stream) as { consumers?: number }).consumers).toBe(0);
    await feed.publish(wanted('read', 2));
    expect((await feed.readNewest('read'))?.revision).toBe(2);
  });

  it('are read again and again on the same channels while something is appended to them', async () => {
    const feed = await connectedFeed('busy');
    await feed.publish(wanted('busy', 1));
    await server.onChannel(async (channel) => {
      let reads = 0;
      const appending = (async () => {
        for (let revision = 2; reads < 300; revision += 1) {
          channel.sendToQueue(streamName('busy'), Buffer.from(JSON.stringify(wanted('busy', revision))));
          // Answered when the broker has it.
          await channel.checkQueue(streamName('busy'));
        }
      })();
      try {
        for (; reads < 300; reads += 1) expect(await feed.readNewest('busy')).not.toBeNull();
      } finally {
        reads = 300;
        await appending;
      }
    });
  });

  it(
    'never lose the newest of the largest messages, when older ones are dropped at the limit that setup-broker sets',
    async () => {
      const feed = await connectedFeed('large');
      for (const { name, body } of policies(60))
        await server.broker.manage('PUT', `/api/policies/%2F/${name}`, body);
      const largest = (revision: number) => messageOfSize('large', revision, MAX_MESSAGE_BYTES);
      const fitting = Math.ceil(STREAM_LENGTH_BYTES / MAX_MESSAGE_BYTES);
      let revision = 0;
      while (revision < 2 * fitting) {
        revision += 1;
        await feed.publish(largest(revision));
        if (revision % 16 === 0) expect((await feed.readNewest('large'))?.revision).toBe(revision);
      }
      const dropped = async () => {
        const { revision: oldest } = JSON.parse((await server.oldest('large')) ?? '{}') as {
          revision: number;
        };
        return oldest - 1;
      };
      await eventually(async () => expect(await dropped()).toBeGreaterThan(0), 20_000);
      expect((await feed.readHighest('large'))[0]?.revision).toBe(revision);
      // Without a wait for confirmations the broker writes many in one chunk.
      const before = await dropped();
      const burst = Array.from({ length: fitting }, (_, index) => largest(revision + index + 1));
      await server.append('large', ...burst.map((message) => JSON.stringify(message)));
      await eventually(async () => expect(await dropped()).toBeGreaterThan(before), 20_000);
      expect((await feed.readNewest('large'))?.revision).toBe(revision + fitting);
      expect((await feed.readHighest('large'))[0]?.revision).toBe(revision + fitting);
    },
    LIMIT,
  );
});

describe('a broker that is away', () => {
  it('makes calls fail at once, and is told in a few words', async () => {
    const feed = feedWith({ hosts: ['127.0.0.1:1'] });
    await eventually(() =>
      expect(feed.problem()).toBe("RabbitMQ at 127.0.0.1:1 can't be reached: nothing listens there"),
    );
    await expect(feed.publish(wanted('shop', 1))).rejects.toThrow("can't be reached");
    await expect(feed.readNewest('shop')).rejects.toThrow("can't be reached");
    expect(log.problems("can't be reached")).toHaveLength(1);
  });

  it('is passed over when another node can be had', async () => {
    const hosts = ['127.0.0.1:1', '127.0.0.1:2', ...server.broker.hosts];
    for (let turn = 0; turn < 5; turn += 1) {
      const feed = feedWith({ hosts, reconnect: { first_ms: 60_000, longest_ms: 60_000 } });
      await eventually(() => expect(feed.problem()).toBeNull());
    }
  });

  it(
    'loses nothing that it confirmed when it is killed, and is found again',
    async () => {
      const feed = await connectedFeed('killed');
      let confirmed = 0;
      let revision = 0;
      let publishing = true;
      const publisher = (async () => {
        while (publishing) {
          revision += 1;
          const number = revision;
          await feed.publish(wanted('killed', number)).then(
            () => (confirmed = number),
            () => new Promise((resolve) => setTimeout(resolve, 20)),
          );
        }
      })();
      await eventually(() => expect(confirmed).toBeGreaterThan(20));
      await server.broker.killNode();
      await eventually(() => expect(feed.problem()).not.toBeNull());
      const before = confirmed;
      await server.broker.startNode();
      await eventually(() => expect(confirmed).toBeGreaterThan(before), 30_000);
      publishing = false;
      await publisher;
      expect((await feed.readHighest('killed'))[0]?.revision).toBeGreaterThanOrEqual(confirmed);
    },
    LIMIT,
  );

  it(
    'that gives no answer makes calls fail in time, and is used again when it does',
    async () => {
      const feed = await connectedFeed('frozen');
      await feed.publish(wanted('frozen', 1));
      const pid = server.broker.pid() ?? 0;
      process.kill(pid, 'SIGSTOP');
      try {
        await expect(feed.publish(wanted('frozen', 2))).rejects.toThrow(
          'a confirmation by RabbitMQ took longer than 5 s',
        );
        await expect(feed.readNewest('frozen')).rejects.toThrow();
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await eventually(async () => {
        await feed.publish(wanted('frozen', 3));
        expect((await feed.readNewest('frozen'))?.revision).toBe(3);
      }, 30_000);
    },
    LIMIT,
  );
});

it("a broker that gives no answer doesn't hold up the end of the connection", async () => {
  const feed = await connectedFeed('left');
  const pid = server.broker.pid() ?? 0;
  process.kill(pid, 'SIGSTOP');
  try {
    const begin = performance.now();
    await feed.close();
    expect(performance.now() - begin).toBeLessThan(3_000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect(log.problems('')).toEqual([]);
});

describe('a refusal', () => {
  it.each<[string, Partial<RabbitOptions>, string]>([
    ['login', { password: 'wrong-Secret' }, 'refuses the login of the user admin; check name and password'],
    [
      'virtual host',
      { vhost: 'nowhere' },
      'while opening the virtual host nowhere: it is missing, not allowed to the user admin',
    ],
    ['host name', { hosts: ['no-such-host.invalid'] }, "can't be reached: the name"],
  ])('of a wrong %s is one clear line, without secrets', async (_what, changes, words) => {
    const feed = feedWith(changes);
    await eventually(() => expect(feed.problem()).toContain(words));
    await expect(feed.publish(wanted('shop', 1))).rejects.toThrow(words);
    expect(log.problems(words)).toHaveLength(1);
    expect(log.lines).toHaveLength(1);
    expect(log.text + feed.problem()).not.toMatch(/wrong-Secret/);
    expect(log.text).not.toContain(server.broker.admin.password);
  });

  it('of a user without the right to a virtual host is told', async () => {
    await server.broker.manage('PUT', '/api/users/stranger', { password: 'p', tags: '' });
    const feed = feedWith({ user: 'stranger', password: 'p' });
    await eventually(() =>
      expect(feed.problem()).toContain(
        'while opening the virtual host /: it is missing, not allowed to the user stranger',
      ),
    );
  });

  it('of a call is told until a call is allowed', async () => {
    await server.broker.manage('PUT', '/api/users/reader', { password: 'p', tags: '' });
    const rights = (write: string) =>
      server.broker.manage('PUT', '/api/permissions/%2F/reader', { configure: '.*', read: '.*', write });
    await rights('^$');
    const feed = feedWith({ user: 'reader', password: 'p' });
    await eventually(() => expect(feed.problem()).toBeNull());
    await expect(feed.publish(wanted('shop', 1))).rejects.toThrow(/ACCESS_REFUSED|403/);
    expect(feed.problem()).toContain('RabbitMQ refuses: ');
    await feed.readNewest('web');
    expect(feed.problem()).toContain('RabbitMQ refuses: ');
    await rights('.*');
    await feed.publish(wanted('shop', 1));
    expect(feed.problem()).toBeNull();
  });
});
