import { expect, it } from '@jest/globals';
import type { WorkerReport } from '@nebula/contracts';
import { EventEmitter } from 'node:events';
import { eventually } from '../../testing/eventually.js';
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
