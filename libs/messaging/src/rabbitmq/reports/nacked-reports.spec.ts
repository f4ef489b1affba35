import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { WorkerReport } from '@nebula/contracts';
import { LogLines } from '../../testing/log-lines.js';
import { reportOf } from '../../testing/messages.js';
import type { BrokerConnection } from '../broker-connection.js';
import { RabbitReportPublisher } from './rabbit-report-publisher.js';

const NACKED = 'RabbitMQ has not taken reports';

type Listener = Parameters<BrokerConnection['listen']>[0];
type Confirm = (error: Error | null) => void;

/** The connection of a worker to a broker that says of each message whether it has taken it. */
class FullBroker {
  isOpen = true;
  isFull = true;
  /** Whether it says nothing, until its connection ends. */
  isSilent = false;
  /** What it was sent, and when, milliseconds since 1970. */
  readonly sent: { sequence: number; at: number }[] = [];
  channels = 0;
  private readonly owed: Confirm[] = [];
  private channel = new EventEmitter();
  private listener: Listener | null = null;

  listen(listener: Listener): void {
    this.listener = listener;
  }

  problem(): string | null {
    return null;
  }

  async openConfirmChannel(): Promise<EventEmitter> {
    this.channels += 1;
    this.channel = new EventEmitter();
    // As amqplib does, before anybody else hears of the end.
    this.channel.on('close', () => {
      for (const confirm of this.owed.splice(0)) confirm(new Error('channel closed'));
    });
    return Object.assign(this.channel, {
      publish: (_exchange: string, _key: string, content: Buffer, _options: object, confirm: Confirm) => {
        const { sequence } = JSON.parse(content.toString()) as WorkerReport;
        this.sent.push({ sequence, at: Date.now() });
        if (this.isSilent) this.owed.push(confirm);
        // A test that fails ends, too.
        else if (this.sent.length < 1_000)
          setImmediate(() => confirm(this.isFull ? new Error('message nacked') : null));
      },
    });
  }

  reconnect(): void {
    this.isOpen = false;
    this.channel.emit('close');
    this.listener?.lost();
    this.isOpen = true;
    this.listener?.opened();
  }
}

const log = new LogLines();
let broker: FullBroker;
let reports: RabbitReportPublisher;

beforeEach(() => {
  log.start();
  jest.useFakeTimers();
  jest.spyOn(Math, 'random').mockReturnValue(1);
  broker = new FullBroker();
  reports = new RabbitReportPublisher(broker as unknown as BrokerConnection, 'nebula-worker');
});

afterEach(async () => {
  broker.isOpen = false;
  await reports.close();
  expect(jest.getTimerCount()).toBe(0);
  jest.restoreAllMocks();
  jest.useRealTimers();
  log.stop();
});

const seconds = (count: number) => jest.advanceTimersByTimeAsync(1_000 * count);
const sequences = () => broker.sent.map(({ sequence }) => sequence);

it('a report that the broker does not take is sent again less and less often, on the same channel', async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  await seconds(1_800);
  const waits = broker.sent.slice(1).map(({ at }, index) => (at - (broker.sent[index]?.at ?? 0)) / 1_000);
  expect(waits.slice(0, 5).map(Math.round)).toEqual([2, 4, 8, 15, 15]);
  expect(Math.round(Math.max(...waits))).toBe(15);
  expect(broker.channels).toBe(1);
  expect(reports.problem()).toBe(NACKED);
  expect(log.problems(NACKED).length).toBeLessThan(9);
});

it('what was refused together counts as one try, and goes with the newest of each app', async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  reports.publish(reportOf('w1', 'web', 2));
  await seconds(1);
  expect(sequences()).toEqual([1, 2]);
  reports.publish(reportOf('w1', 'shop', 3));
  broker.isFull = false;
  await seconds(1.1);
  expect(sequences().toSorted()).toEqual([1, 2, 2, 3]);
  expect(reports.problem()).toBeNull();
});

it('one alone is tried of many that were refused, and all follow it when it is taken', async () => {
  for (const sequence of [1, 2, 3, 4]) reports.publish(reportOf('w1', `app-${sequence}`, sequence));
  await seconds(1);
  expect(sequences()).toEqual([1, 2, 3, 4]);
  await seconds(1.1);
  expect(broker.sent).toHaveLength(5);
  broker.isFull = false;
  await seconds(4.1);
  expect(sequences().slice(5).toSorted()).toEqual([1, 2, 3, 4]);
});

it('what the broker does not take at the end is given up', async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  const closed = reports.close();
  await seconds(0.1);
  await closed;
  await seconds(60);
  expect(sequences()).toEqual([1]);
});

it('what waits for another try has it at the end, and takes no longer than that', async () => {
  reports.publish(reportOf('w1', 'shop', 1));
  reports.publish(reportOf('w1', 'web', 2));
  await seconds(1);
  broker.isFull = false;
  const ended = jest.fn();
  void reports.close().then(ended);
  await seconds(0.1);
  expect(ended).toHaveBeenCalled();
  expect(sequences().slice(2).toSorted()).toEqual([1, 2]);
});

it('what was under way on a connection that is lost was refused by nobody', async () => {
  broker.isSilent = true;
  reports.publish(reportOf('w1', 'shop', 1));
  await seconds(0.1);
  broker.reconnect();
  await seconds(0.1);
  expect(sequences()).toEqual([1, 1]);
  expect(reports.problem()).toBeNull();
  expect(log.problems('')).toEqual([]);
});
