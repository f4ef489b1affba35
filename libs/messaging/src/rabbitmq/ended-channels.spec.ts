import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PATTERNS } from '@nebula/contracts';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { reportOf, wanted } from '../testing/messages.js';
import { type Asked, StandInBroker } from '../testing/stand-in-broker.js';
import { BrokerConnection } from './broker-connection.js';
import { ConfirmedPublisher } from './confirmed-publisher.js';
import { RabbitDesiredStateStrategy } from './rabbit-desired-state-strategy.js';
import { RabbitReportPublisher } from './reports/rabbit-report-publisher.js';

const log = new LogLines();
let broker: StandInBroker;
let connection: BrokerConnection;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(wanted('shop', 1)));
  connection = new BrokerConnection(broker.options);
});

afterEach(async () => {
  await connection.close();
  await broker.stop();
  log.stop();
});

/** Ends the connection with the answer to this, so that nobody who listens to the channel after it is told. */
describe.each<Asked['method']>(['channel.open', 'confirm.select'])(
  'when the broker ends with %s',
  (method) => {
    beforeEach(() => broker.endAt(method));

    it('who publishes does so on another channel', async () => {
      const publisher = new ConfirmedPublisher(connection);
      connection.start();
      await eventually(() => expect(connection.isOpen).toBe(true));
      await expect(publisher.publish('shop', Buffer.from('.'))).rejects.toThrow();
      await eventually(() => expect(connection.isOpen).toBe(true));
      expect(await publisher.publish('shop', Buffer.from('.'))).toBe('confirmed');
      expect(broker.connections).toBe(2);
    });

    it('who reports does so on another channel', async () => {
      const reports = new RabbitReportPublisher(connection, 'nebula');
      reports.publish(reportOf('w1', 'shop', 1));
      connection.start();
      await eventually(() => expect(broker.published).toBe(1));
      await eventually(() => expect(reports.problem()).toBeNull());
      expect(broker.connections).toBe(2);
      await reports.close();
    });
  },
);

it.each<Asked['method']>(['channel.open', 'basic.qos'])(
  'who follows streams does so on another channel when the broker ends with %s',
  async (method) => {
    broker.endAt(method);
    const retry = { first_ms: 50, longest_ms: 100 };
    const strategy = new RabbitDesiredStateStrategy(connection, ['shop'], retry);
    const revisions: number[] = [];
    const receive = async ({ revision }: { revision: number }) => void revisions.push(revision);
    strategy.addHandler(PATTERNS.desiredState, receive, true);
    strategy.listen(() => undefined);
    await eventually(() => expect(revisions).toEqual([1]));
    await eventually(() => expect(strategy.problem()).toBeNull());
    expect(broker.connections).toBe(2);
    await strategy.close();
  },
);
