import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MAX_REPORT_BYTES, PATTERNS, REPORTS_QUEUE } from '@nebula/contracts';
import type { ReceivedReport } from '../../ports.js';
import { BrokerUnderTest } from '../../testing/broker-under-test.js';
import { eventually } from '../../testing/eventually.js';
import { Listener } from '../../testing/listener.js';
import { reportOf } from '../../testing/messages.js';
import { REPORTS_LENGTH_BYTES } from '../setup/policies.js';
import { setupBroker } from '../setup/setup-broker.js';
import { RabbitReportStrategy } from './rabbit-report-strategy.js';
import { REPORTS_EXCHANGE, REPORTS_ROUTING_KEY } from './reports-route.js';

const LIMIT = 120_000;
const VHOST = 'fleet';
const API = { user: 'nebula-api', password: 'api-secret', vhost: VHOST };
const WORKER = { user: 'nebula-worker', password: 'worker-secret', vhost: VHOST };

// What is waited for can take long on a busy machine.
jest.setTimeout(LIMIT);

let server: BrokerUnderTest;

beforeAll(async () => {
  server = await BrokerUnderTest.start();
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

afterEach(async () => {
  await server.broker.manage('DELETE', `/api/queues/${VHOST}/${REPORTS_QUEUE}/contents`);
});

/** As an operator does, for workers that report so often, seconds. */
async function setUp(report_interval_seconds: number): Promise<void> {
  const { broker } = server;
  const management = { url: broker.managementUrls[0] ?? '', ...broker.admin };
  const setup = { management, vhost: VHOST, api: API, workers: [WORKER], report_interval_seconds };
  await setupBroker(setup, () => undefined);
}

/** Reports that nobody takes, as a worker sends them. Resolves when the broker has them. */
async function report(...contents: Buffer[]): Promise<void> {
  const connection = await server.connect(server.options(WORKER));
  try {
    const channel = await connection.createConfirmChannel();
    const options = { persistent: false, mandatory: true, userId: WORKER.user };
    for (const content of contents) {
      channel.publish(REPORTS_EXCHANGE, REPORTS_ROUTING_KEY, content, options);
      // All at once would wait in this process.
      await channel.waitForConfirms();
    }
  } finally {
    await connection.close();
  }
}

async function queued(): Promise<number> {
  return await server.onChannel(
    async (channel) => (await channel.checkQueue(REPORTS_QUEUE)).messageCount,
    server.options(API),
  );
}

describe('reports that nobody takes', () => {
  it('are gone after two intervals of heartbeats, and not before', async () => {
    const interval = 2;
    await setUp(interval);
    const from = performance.now();
    await report(Buffer.from(JSON.stringify(reportOf('w1', 'shop', 1))));
    await eventually(async () => {
      expect(await queued()).toBe(0);
    }, 30_000);
    expect(performance.now() - from).toBeGreaterThan(2_000 * interval);
  });

  it('push the oldest out beyond the limit of their queue, and none is refused', async () => {
    await setUp(3_600);
    const size = 1_000_000;
    const fitting = REPORTS_LENGTH_BYTES / size;
    const sent = Array.from({ length: fitting + 10 }, (_, index) => Buffer.alloc(size, `${index}.`));
    await report(...sent);
    expect(await queued()).toBe(fitting);
    const oldest = await server.onChannel(
      async (channel) => await channel.get(REPORTS_QUEUE, { noAck: true }),
      server.options(API),
    );
    expect(oldest && oldest.content.subarray(0, 3).toString()).toBe('10.');
  });
});

describe('a report that is too long', () => {
  it('is told as such and not kept, and the next one arrives', async () => {
    await setUp(3_600);
    const good = reportOf('w1', 'shop', 1);
    const longest = JSON.stringify(good).padEnd(MAX_REPORT_BYTES);
    await report(Buffer.alloc(2_000_000, ' '), Buffer.from(`${longest} `), Buffer.from(longest));
    const strategy = new RabbitReportStrategy(server.options(API));
    const listener = await Listener.start<readonly ReceivedReport[]>(PATTERNS.report, strategy);
    try {
      const user_id = WORKER.user;
      await eventually(() =>
        expect(listener.received.flat()).toEqual([
          { payload: undefined, user_id, excessive_bytes: 2_000_000 },
          { payload: undefined, user_id, excessive_bytes: MAX_REPORT_BYTES + 1 },
          { payload: good, user_id },
        ]),
      );
      expect(listener.problems).toEqual([]);
    } finally {
      await listener.close();
    }
    expect(await queued()).toBe(0);
  });
});

describe('many long reports', () => {
  it('are handed over one at a time', async () => {
    await setUp(3_600);
    const text = JSON.stringify(reportOf('w1', 'shop', 1)).padEnd(MAX_REPORT_BYTES);
    await report(...Array.from({ length: 20 }, () => Buffer.from(text)));
    const strategy = new RabbitReportStrategy(server.options(API));
    const allGivenOut = () => eventually(async () => expect(await queued()).toBe(0));
    const listener = await Listener.start<readonly ReceivedReport[]>(PATTERNS.report, strategy, allGivenOut);
    try {
      await eventually(() => expect(listener.received.flat()).toHaveLength(20));
      expect(listener.received).toHaveLength(20);
    } finally {
      await listener.close();
    }
  });
});
