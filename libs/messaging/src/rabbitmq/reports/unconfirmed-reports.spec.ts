import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { WorkerReport } from '@nebula/contracts';
import { LogLines } from '../../testing/log-lines.js';
import { reportOf } from '../../testing/messages.js';
import type { BrokerConnection } from '../broker-connection.js';
import { RabbitReportPublisher } from './rabbit-report-publisher.js';

const UNCONFIRMED = 'RabbitMQ has not confirmed reports for 30 s';

type Listener = Parameters<BrokerConnection['listen']>[0];

/** The connection of a worker to a broker that confirms what it takes when a test wants it to. */
class SlowBroker {
  readonly isOpen = true;
  isBlocked = false;
  /** Whether it confirms at once. */
  confirms = false;
  /** Of each channel that was opened, what was sent on it, oldest first. */
  readonly channels: { sent: number[]; isClosed: boolean }[] = [];
  private readonly owed: (() => void)[] = [];
  private listener: Listener | null = null;

  listen(listener: Listener): void {
    this.listener = listener;
  }

  problem(): string | null {
    return this.isBlocked ? 'RabbitMQ takes no messages: low on memory' : null;
  }

  async answered<T>(_what: string, call: Promise<T>): Promise<T> {
    return await call;
  }

  async openConfirmChannel(): Promise<EventEmitter> {
    const state = { sent: [] as number[], isClosed: false };
    this.channels.push(state);
    const publish = (
      _exchange: string,
      _key: string,
      content: Buffer,
      _options: object,
      done: () => void,
    ) => {
      state.sent.push((JSON.parse(content.toString()) as WorkerReport).sequence);
      if (this.confirms) setImmediate(done);
      else this.owed.push(done);
    };
    const close = async () => {
      state.isClosed = true;
    };
    return Object.assign(new EventEmitter(), { publish, close });
  }

  /** Confirms the oldest message that it owes that to. */
  confirmOne(): void {
    this.owed.shift()?.();
  }

  free(): void {
    this.isBlocked = false;
    this.listener?.freed?.();
  }
}

const log = new LogLines();
let broker: SlowBroker;
let reports: RabbitReportPublisher;

beforeEach(() => {
  log.start();
  jest.useFakeTimers();
  jest.spyOn(Math, 'random').mockReturnValue(1);
  broker = new SlowBroker();
  reports = new RabbitReportPublisher(broker as unknown as BrokerConnection, 'nebula-worker');
});

afterEach(async () => {
  const closed = reports.close();
  await jest.advanceTimersByTimeAsync(10_000);
  await closed;
  expect(jest.getTimerCount()).toBe(0);
  jest.restoreAllMocks();
  jest.useRealTimers();
  log.stop();
});

const seconds = (count: number) => jest.advanceTimersByTimeAsync(1_000 * count);

it('reports that have no confirmation in time are a problem, and sent again on another channel', async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  reports.publish(reportOf('w1', 'web', 2));
  await seconds(29);
  expect(reports.problem()).toBeNull();
  // The newest of an app waits for the one before it.
  reports.publish(reportOf('w1', 'shop', 3));
  await seconds(1);
  expect(reports.problem()).toBe(UNCONFIRMED);
  expect(log.problems(UNCONFIRMED)).toHaveLength(1);
  expect(broker.channels).toEqual([{ sent: [1, 2], isClosed: true }]);
  broker.confirms = true;
  await seconds(2.1);
  expect(broker.channels[1]).toEqual({ sent: [3, 2], isClosed: false });
  expect(reports.problem()).toBeNull();
  await seconds(3_600);
  expect(broker.channels).toHaveLength(2);
});

it('a broker that confirms nothing for good is tried less and less often, and told of once', async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  await seconds(60);
  expect(broker.channels).toHaveLength(2);
  // Each try takes 30 s, and a wait of a minute at most.
  await seconds(900);
  expect(broker.channels.length).toBeGreaterThan(10);
  expect(broker.channels.length).toBeLessThan(15);
  expect(broker.channels.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
  expect(log.problems(UNCONFIRMED).length).toBeLessThan(6);
});

it('each report has its time, however slowly those before it are confirmed', async () => {
  for (let sequence = 1; sequence <= 4; sequence += 1) {
    reports.publish(reportOf('w1', `app-${sequence}`, sequence));
    await seconds(10);
    if (sequence > 1) broker.confirmOne();
  }
  // The last one was sent 10 seconds ago.
  await seconds(19);
  expect(reports.problem()).toBeNull();
  await seconds(1);
  expect(reports.problem()).toBe(UNCONFIRMED);
  expect(broker.channels[0]?.isClosed).toBe(true);
});

it("while the broker takes nothing from the connection, the time for a confirmation doesn't run", async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  await seconds(20);
  broker.isBlocked = true;
  await seconds(3_600);
  expect(reports.problem()).toContain('takes no messages');
  broker.free();
  await seconds(29);
  expect(reports.problem()).toBeNull();
  expect(broker.channels).toEqual([{ sent: [1], isClosed: false }]);
  expect(log.problems('')).toEqual([]);
  await seconds(1);
  expect(reports.problem()).toBe(UNCONFIRMED);
});
