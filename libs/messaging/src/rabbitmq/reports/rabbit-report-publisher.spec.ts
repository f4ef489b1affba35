import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { WorkerReport } from '@nebula/contracts';
import { EventEmitter } from 'node:events';
import { eventually } from '../../testing/eventually.js';
import { LogLines } from '../../testing/log-lines.js';
import { reportOf } from '../../testing/messages.js';
import type { BrokerConnection } from '../broker-connection.js';
import { RabbitReportPublisher } from './rabbit-report-publisher.js';

/** The connection of a worker whose broker is away, until `open`; it takes and confirms everything then. */
class LateBroker {
  isOpen = false;
  readonly taken: WorkerReport[] = [];
  private opened = () => {};

  listen(listener: { opened: () => void }): void {
    this.opened = listener.opened;
  }

  problem(): string | null {
    return null;
  }

  async openConfirmChannel(): Promise<EventEmitter> {
    const publish = (
      _exchange: string,
      _key: string,
      content: Buffer,
      _options: object,
      done: () => void,
    ) => {
      this.taken.push(JSON.parse(content.toString()) as WorkerReport);
      setImmediate(done);
    };
    return Object.assign(new EventEmitter(), { publish });
  }

  open(): void {
    this.isOpen = true;
    this.opened();
  }
}

it('of very many reports that wait for the broker the oldest are dropped, and the memory that they take is bounded', async () => {
  const broker = new LateBroker();
  const reports = new RabbitReportPublisher(broker as unknown as BrokerConnection, 'nebula-worker');
  for (let sequence = 1; sequence <= 10_005; sequence += 1)
    reports.publish(reportOf('w1', `app-${sequence}`, sequence));
  // It was the oldest, and is the newest with what is known of its app now.
  reports.publish(reportOf('w1', 'app-6', 10_006));
  broker.open();
  await eventually(() => expect(broker.taken.at(-1)?.sequence).toBe(10_006), 60_000);
  await reports.close();
  const sequences = broker.taken.map(({ sequence }) => sequence);
  expect(sequences).toEqual([...Array.from({ length: 9_999 }, (_, index) => index + 7), 10_006]);
}, 60_000);

/** The connection of a worker to a broker that has no way for reports: it ends each channel on which one comes. */
class BareBroker {
  isOpen = true;
  /** When each was refused, milliseconds since 1970. */
  readonly refused: number[] = [];
  private listener = { opened: () => {}, lost: () => {} };

  listen(listener: { opened: () => void; lost: () => void }): void {
    this.listener = listener;
  }

  problem(): string | null {
    return null;
  }

  async openConfirmChannel(): Promise<EventEmitter> {
    const channel = new EventEmitter();
    const publish = () => {
      this.refused.push(Date.now());
      setImmediate(() => {
        channel.emit('error', new Error("NOT_FOUND - no exchange 'nebula.reports'"));
        channel.emit('close');
      });
    };
    return Object.assign(channel, { publish });
  }

  reconnect(): void {
    this.isOpen = false;
    this.listener.lost();
    this.isOpen = true;
    this.listener.opened();
  }
}

describe('a broker that has no way for reports', () => {
  const log = new LogLines();

  beforeEach(() => log.start());

  afterEach(() => {
    log.stop();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  /** A worker that it has refused for half an hour, with the longest waits that chance can give. */
  async function longRefused(): Promise<{ broker: BareBroker; reports: RabbitReportPublisher }> {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const broker = new BareBroker();
    const reports = new RabbitReportPublisher(broker as unknown as BrokerConnection, 'nebula-worker');
    reports.publish(reportOf('w1', 'shop', 1));
    await jest.advanceTimersByTimeAsync(1_800_000);
    return { broker, reports };
  }

  it('is tried again less and less often, and once a minute however long it has refused', async () => {
    const { broker, reports } = await longRefused();
    const waits = broker.refused.slice(1).map((at, index) => (at - (broker.refused[index] ?? 0)) / 1_000);
    expect(waits.slice(0, 5).map(Math.round)).toEqual([2, 4, 8, 16, 32]);
    expect(Math.round(Math.max(...waits))).toBe(60);
    expect(broker.refused.at(-1)).toBeGreaterThan(Date.now() - 61_000);
    broker.isOpen = false;
    await reports.close();
  });

  it('is tried at once when the connection is another one, whose broker may have been made anew', async () => {
    const { broker, reports } = await longRefused();
    const before = broker.refused.length;
    broker.reconnect();
    await jest.advanceTimersByTimeAsync(100);
    expect(broker.refused).toHaveLength(before + 1);
    // What an earlier one has refused doesn't count any more.
    await jest.advanceTimersByTimeAsync(2_100);
    expect(broker.refused).toHaveLength(before + 2);
    broker.isOpen = false;
    await reports.close();
  });
});
