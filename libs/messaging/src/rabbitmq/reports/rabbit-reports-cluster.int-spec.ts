import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PATTERNS, REPORTS_QUEUE } from '@nebula/contracts';
import type { ReceivedReport } from '../../ports.js';
import { BrokerUnderTest } from '../../testing/broker-under-test.js';
import { eventually } from '../../testing/eventually.js';
import { Listener } from '../../testing/listener.js';
import { reportOf } from '../../testing/messages.js';
import { BrokerConnection } from '../broker-connection.js';
import { setupBroker } from '../setup/setup-broker.js';
import { RabbitReportPublisher } from './rabbit-report-publisher.js';
import { RabbitReportStrategy } from './rabbit-report-strategy.js';

const LIMIT = 300_000;
const VHOST = 'fleet';
const API = { user: 'nebula-api', password: 'api-secret', vhost: VHOST };
const WORKER = { user: 'nebula-worker', password: 'worker-secret', vhost: VHOST };

let server: BrokerUnderTest;

beforeAll(async () => {
  server = await BrokerUnderTest.start({ nodes: 2 });
  const { broker } = server;
  // The node that is asked gets the queue.
  const management = { url: broker.managementUrls[0] ?? '', ...broker.admin };
  const setup = { management, vhost: VHOST, api: API, workers: [WORKER], report_interval_seconds: 30 };
  // The management plugin may not answer yet.
  await eventually(() => setupBroker(setup, () => undefined), 120_000);
}, LIMIT);

afterAll(async () => {
  await server.remove();
}, LIMIT);

it(
  'while the node that has their queue is away, both sides say so, and go on when it is back',
  async () => {
    const hosts = server.broker.hosts.slice(1, 2);
    const strategy = new RabbitReportStrategy({ ...server.options(API), hosts });
    const api = await Listener.start<readonly ReceivedReport[]>(PATTERNS.report, strategy);
    const connection = new BrokerConnection({ ...server.options(WORKER), hosts });
    const reports = new RabbitReportPublisher(connection, WORKER.user);
    connection.start();
    const sequences = () =>
      api.received.flat().map(({ payload }) => (payload as { sequence: number }).sequence);
    try {
      await eventually(() => {
        reports.publish(reportOf('w1', 'shop', 1));
        expect(sequences()).toContain(1);
      }, 60_000);
      // Another connection than that of the reports tells whether the broker takes messages.
      await eventually(() => expect(strategy.problem()).toBeNull(), 60_000);

      await server.broker.killNode(0);
      await eventually(() => expect(strategy.problem()).toContain(REPORTS_QUEUE), 60_000);
      expect(strategy.listenedMs()).toBeNull();
      reports.publish(reportOf('w1', 'shop', 2));
      await eventually(() => expect(reports.problem()).toMatch(/reports/), 60_000);

      await server.broker.startNode(0);
      await eventually(() => {
        expect(strategy.problem()).toBeNull();
        expect(strategy.listenedMs()).not.toBeNull();
      }, 60_000);
      await eventually(() => {
        reports.publish(reportOf('w1', 'shop', 3));
        expect(sequences()).toContain(3);
      }, 60_000);
      await eventually(() => expect(reports.problem()).toBeNull(), 60_000);
    } finally {
      await api.close();
      await reports.close();
      await connection.close();
    }
  },
  LIMIT,
);
