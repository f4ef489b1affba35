import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type DesiredStateMessage, PATTERNS, REPORTS_QUEUE } from '@nebula/contracts';
import type { ReceivedReport } from '../../ports.js';
import { BrokerUnderTest } from '../../testing/broker-under-test.js';
import { eventually } from '../../testing/eventually.js';
import { Listener } from '../../testing/listener.js';
import { LogLines } from '../../testing/log-lines.js';
import { reportOf, wanted } from '../../testing/messages.js';
import { BrokerConnection } from '../broker-connection.js';
import { RabbitDesiredStateStrategy } from '../rabbit-desired-state-strategy.js';
import { RabbitFeed } from '../rabbit-feed.js';
import type { RabbitOptions } from '../rabbit-options.js';
import { workerUserName } from '../setup/rights.js';
import { setupBroker } from '../setup/setup-broker.js';
import { RabbitReportPublisher } from './rabbit-report-publisher.js';
import { RabbitReportStrategy } from './rabbit-report-strategy.js';
import { REPORTS_EXCHANGE, REPORTS_ROUTING_KEY } from './reports-route.js';

const LIMIT = 300_000;
const VHOST = 'fleet';
const API = { user: 'nebula-api', password: 'api-secret', vhost: VHOST };
const WORKER = { user: workerUserName('w1'), password: 'worker-secret', vhost: VHOST };

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let server: BrokerUnderTest;
const log = new LogLines();
const ends: (() => Promise<unknown>)[] = [];

async function setUp(): Promise<void> {
  const { broker } = server;
  const management = { url: broker.managementUrls[0] ?? '', ...broker.admin };
  const options = { management, vhost: VHOST, api: API, workers: [WORKER], report_interval_seconds: 30 };
  await setupBroker(options, () => undefined);
}

beforeAll(async () => {
  server = await BrokerUnderTest.start();
  await setUp();
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

beforeEach(() => log.start());

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await server.broker
    .manage('DELETE', `/api/queues/${VHOST}/${REPORTS_QUEUE}/contents`)
    .catch(() => undefined);
  log.stop();
}, LIMIT);

function publisher(changes: Partial<RabbitOptions> = {}): RabbitReportPublisher {
  const options = server.options({ ...WORKER, ...changes });
  const connection = new BrokerConnection(options);
  const reports = new RabbitReportPublisher(connection, options.user);
  connection.start();
  ends.push(async () => {
    await reports.close();
    await connection.close();
  });
  return reports;
}

interface Api {
  strategy: RabbitReportStrategy;
  /** Sequences that arrived, in order. */
  sequences: () => number[];
  received: () => readonly ReceivedReport[];
  /** What was logged as a warning or an error. */
  problems: readonly string[];
}

async function api(handle: (batch: readonly ReceivedReport[]) => unknown = () => undefined): Promise<Api> {
  const strategy = new RabbitReportStrategy(server.options(API));
  const listener = await Listener.start<readonly ReceivedReport[]>(PATTERNS.report, strategy, handle);
  ends.push(() => listener.close());
  return {
    strategy,
    received: () => listener.received.flat(),
    problems: listener.problems,
    sequences: () =>
      listener.received.flat().map(({ payload }) => (payload as { sequence: number }).sequence),
  };
}

/** How many messages the queue holds, given out or not. */
async function queued(): Promise<number> {
  return await server.onChannel(async (channel) => (await channel.checkQueue(REPORTS_QUEUE)).messageCount, {
    ...server.options({ ...API }),
  });
}

describe('reports', () => {
  it('arrive in order, with the user that the broker has checked', async () => {
    const { sequences, strategy } = await api();
    const reports = publisher();
    for (const sequence of [1, 2, 3]) reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    await eventually(() => expect(sequences()).toEqual([1, 2, 3]));
    // Another connection than that of the reports tells whether the broker takes messages.
    await eventually(() => {
      expect(strategy.problem()).toBeNull();
      expect(strategy.listenedMs()).toBeLessThan(60_000);
    });
  });

  it('carry the name of their sender', async () => {
    const { received, sequences } = await api();
    publisher().publish(reportOf('w1', 'shop', 1));
    await eventually(() => expect(sequences()).toEqual([1]));
    expect(received()[0]?.user_id).toBe(WORKER.user);
  });

  it(
    'wait for RabbitMQ, the newest of each app alone',
    async () => {
      const { sequences } = await api();
      await server.broker.stopNode();
      const reports = publisher();
      for (let sequence = 1; sequence <= 20; sequence += 1) reports.publish(reportOf('w1', 'shop', sequence));
      reports.publish(reportOf('w1', 'web', 21));
      await server.broker.startNode();
      await eventually(() => expect(sequences()).toEqual([20, 21]), 60_000);
    },
    LIMIT,
  );

  it(
    'arrive after the broker was killed in the middle',
    async () => {
      const { sequences } = await api();
      const reports = publisher();
      reports.publish(reportOf('w1', 'shop', 1));
      await eventually(() => expect(sequences()).toEqual([1]));
      await server.broker.killNode();
      reports.publish(reportOf('w1', 'shop', 2));
      await server.broker.startNode();
      await eventually(() => expect(sequences().at(-1)).toBe(2), 60_000);
      reports.publish(reportOf('w1', 'shop', 3));
      await eventually(() => expect(sequences().at(-1)).toBe(3), 60_000);
    },
    LIMIT,
  );

  it('are handed over together when many wait, and acknowledged when the handler fails too', async () => {
    const reports = publisher();
    for (let sequence = 1; sequence <= 200; sequence += 1) {
      reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    }
    await eventually(async () => expect(await queued()).toBe(200));
    let deliveries = 0;
    const { sequences, problems } = await api(() => {
      deliveries += 1;
      throw new Error('the store is away');
    });
    await eventually(() => expect(sequences()).toHaveLength(200));
    expect(deliveries).toBeLessThan(100);
    expect(problems.filter((line) => line.includes('reports could not be handled'))).toHaveLength(1);
    for (const end of ends.splice(1)) await end();
    await eventually(async () => expect(await queued()).toBe(0));
  });

  it("that an api can't take are given back for others, until it takes reports again", async () => {
    const reports = publisher();
    for (let sequence = 1; sequence <= 200; sequence += 1) {
      reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    }
    await eventually(async () => expect(await queued()).toBe(200));
    let pauses = true;
    const ill: Api = await api(() => {
      if (pauses) ill.strategy.pause();
    });
    await eventually(() => expect(ill.sequences().length).toBeGreaterThan(0));
    expect(ill.strategy.listenedMs()).toBeNull();
    const taken = ill.sequences().length;
    const well = await api();
    await eventually(() => expect(well.sequences()).toHaveLength(200));
    expect(ill.sequences()).toHaveLength(taken);
    expect(new Set(well.sequences()).size).toBe(200);
    await eventually(async () => expect(await queued()).toBe(0));
    pauses = false;
    ill.strategy.resume();
    await eventually(() => expect(ill.strategy.listenedMs()).not.toBeNull());
    for (let sequence = 201; sequence <= 260; sequence += 1) {
      reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    }
    await eventually(() => expect(ill.sequences().length).toBeGreaterThan(taken));
    expect([...ill.problems, ...well.problems]).toEqual([]);
  });

  it("that are none reach the handler as nothing, and don't stand in the way", async () => {
    const { received } = await api();
    await server.onChannel(
      async (channel) => {
        const options = { userId: server.broker.admin.user };
        for (const text of ['', 'garbage', '{"a":1}']) {
          channel.publish(REPORTS_EXCHANGE, REPORTS_ROUTING_KEY, Buffer.from(text), options);
        }
      },
      server.options({ vhost: VHOST }),
    );
    publisher().publish(reportOf('w1', 'shop', 9));
    await eventually(() => expect(received().at(-1)?.payload).toMatchObject({ sequence: 9 }));
    expect(received().map(({ payload }) => payload)).toEqual([
      ...[undefined, undefined, { a: 1 }],
      reportOf('w1', 'shop', 9),
    ]);
  });

  it("that don't name their user are dropped, as anybody could have sent them", async () => {
    const { sequences, problems } = await api();
    await server.onChannel(async (channel) => {
      for (const sequence of [1, 2]) {
        const text = JSON.stringify(reportOf('w2', 'shop', sequence));
        channel.publish(REPORTS_EXCHANGE, REPORTS_ROUTING_KEY, Buffer.from(text));
      }
    }, server.options(WORKER));
    publisher().publish(reportOf('w1', 'shop', 9));
    await eventually(() => expect(sequences()).toEqual([9]));
    expect(problems.filter((line) => line.includes("doesn't name its user"))).toHaveLength(1);
  });

  it('of a worker that ends are sent before it does', async () => {
    const { sequences } = await api();
    const reports = publisher();
    await eventually(() => {
      reports.publish(reportOf('w1', 'first', 1));
      expect(sequences()).toContain(1);
    });
    for (let sequence = 2; sequence <= 40; sequence += 1)
      reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    await reports.close();
    await eventually(() => expect(sequences()).toContain(40));
  });

  it('of a worker that ends are sent also when it has ended following its apps on the same connection', async () => {
    const { sequences } = await api();
    const options = server.options(WORKER);
    const connection = new BrokerConnection(options);
    ends.push(() => connection.close());
    const strategy = new RabbitDesiredStateStrategy(connection, ['shop']);
    const worker = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy);
    const reports = new RabbitReportPublisher(connection, options.user);
    await eventually(() => expect(connection.problem()).toBeNull());
    for (let sequence = 1; sequence <= 40; sequence += 1)
      reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    await worker.close();
    // What a worker tells at its very end.
    reports.publish(reportOf('w1', 'shop', 41));
    await reports.close();
    await connection.close();
    await eventually(() => expect(new Set(sequences()).size).toBe(41));
  });

  it(
    'need a queue, whose absence is said and waited out',
    async () => {
      await server.broker.manage('DELETE', `/api/queues/${VHOST}/${REPORTS_QUEUE}`);
      const { strategy, sequences } = await api();
      await eventually(() => expect(strategy.problem()).toContain(REPORTS_QUEUE));
      expect(strategy.listenedMs()).toBeNull();
      const reports = publisher();
      expect(reports.problem()).not.toBeNull();
      await eventually(() => expect(reports.problem()).toBeNull());
      for (let sequence = 1; sequence <= 9; sequence += 1)
        reports.publish(reportOf('w1', `app-${sequence}`, sequence));
      await eventually(() => expect(reports.problem()).toContain(REPORTS_QUEUE));
      await setUp();
      await eventually(() => expect(strategy.problem()).toBeNull());
      // Nobody knows that before something is sent again.
      expect(reports.problem()).toContain(REPORTS_QUEUE);
      reports.publish(reportOf('w1', 'shop', 10));
      await eventually(() => expect(sequences()).toContain(10));
      await eventually(() => expect(reports.problem()).toBeNull());
    },
    LIMIT,
  );
});

describe('a worker', () => {
  const as = (changes: Partial<RabbitOptions> = {}) => server.options({ ...WORKER, ...changes });

  it('can not report under the user of another', async () => {
    const attempt = server.onChannel(async (channel) => {
      const closed = new Promise<Error>((resolve) => channel.on('error', resolve));
      channel.publish(REPORTS_EXCHANGE, REPORTS_ROUTING_KEY, Buffer.from('{}'), {
        userId: 'nebula-worker.w2',
      });
      return await closed;
    }, as());
    await expect(attempt).resolves.toMatchObject({ code: 406 });
  });

  it.each<[string, (channel: Parameters<Parameters<BrokerUnderTest['onChannel']>[0]>[0]) => unknown]>([
    ['append to a stream', (channel) => channel.publish('', 'nebula.app.shop', Buffer.from('{}'))],
    ['delete a stream', (channel) => channel.deleteQueue('nebula.app.shop')],
    [
      'declare a stream',
      (channel) => channel.assertQueue('nebula.app.new', { arguments: { 'x-queue-type': 'stream' } }),
    ],
    ['declare an exchange', (channel) => channel.assertExchange('nebula.reports.other', 'fanout')],
    [
      'bind a stream to an exchange',
      (channel) => channel.bindQueue('nebula.app.shop', REPORTS_EXCHANGE, 'report'),
    ],
    ['bind the queue of the reports', (channel) => channel.bindQueue(REPORTS_QUEUE, 'amq.fanout', '')],
    ['read the reports', (channel) => channel.consume(REPORTS_QUEUE, () => undefined)],
  ])('can not %s', async (_what, act) => {
    await server.onChannel(
      (channel) => channel.assertQueue('nebula.app.shop', { arguments: { 'x-queue-type': 'stream' } }),
      server.options(API),
    );
    const attempt = server.onChannel(async (channel) => {
      const closed = new Promise<Error>((resolve) => channel.on('error', resolve));
      // Some are refused by an answer, others by the end of the channel.
      await Promise.resolve(act(channel)).catch(() => undefined);
      return await closed;
    }, as());
    await expect(attempt).resolves.toMatchObject({ code: 403 });
  });

  it('can not empty a stream', async () => {
    const feed = new RabbitFeed({ ...server.options(API), region: 'eu' });
    ends.push(() => feed.close());
    await eventually(() => expect(feed.problem()).toBeNull());
    await feed.publish(wanted('kept', 1));
    const connection = await server.connect(as());
    const closed = new Promise((resolve) => connection.on('close', resolve));
    const channel = await connection.createChannel();
    channel.purgeQueue('nebula.app.kept').catch(() => undefined);
    await closed;
    expect(await feed.readNewest('kept')).toMatchObject({ revision: 1 });
  });

  it('can not keep others from reading a stream by an exclusive consumer', async () => {
    const feed = new RabbitFeed({ ...server.options(API), region: 'eu' });
    ends.push(() => feed.close());
    await eventually(() => expect(feed.problem()).toBeNull());
    await feed.publish(wanted('shared', 1));
    const thief = await server.connect(as());
    ends.push(() => thief.close());
    const channel = await thief.createChannel();
    channel.on('error', () => undefined);
    await channel.prefetch(10);
    let read = 0;
    const count = () => {
      read += 1;
    };
    // RabbitMQ takes it for any consumer of a stream.
    const wish = { exclusive: true, arguments: { 'x-stream-offset': 'first' } };
    await channel.consume('nebula.app.shared', count, wish);
    await feed.publish(wanted('shared', 2));
    expect(await feed.readNewest('shared')).toMatchObject({ revision: 2 });
    const connection = new BrokerConnection(as());
    ends.push(() => connection.close());
    const strategy = new RabbitDesiredStateStrategy(connection, ['shared']);
    const worker = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy);
    ends.push(() => worker.close());
    await eventually(() => expect(worker.received.at(-1)).toMatchObject({ revision: 2 }));
    await eventually(() => expect(read).toBe(2));
  });

  it('is cut off when its user is deleted', async () => {
    const connection = await server.connect(as());
    const closed = new Promise((resolve) => connection.on('close', resolve));
    await server.broker.manage('DELETE', `/api/users/${WORKER.user}`);
    try {
      await closed;
      await expect(server.connect(as())).rejects.toThrow('ACCESS_REFUSED');
    } finally {
      await setUp();
    }
  });

  it('can not use another virtual host', async () => {
    await expect(server.connect(as({ vhost: '/' }))).rejects.toThrow();
  });
});
