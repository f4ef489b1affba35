import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Channel } from 'amqplib';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { StandInBroker } from '../testing/stand-in-broker.js';
import { BrokerConnection } from './broker-connection.js';
import { ChannelPool } from './channel-pool.js';
import { GivenUpChannels, MAX_HANGING } from './given-up-channels.js';
import { consumeStream } from './streams.js';

const MOST = 20;

const log = new LogLines();
let broker: StandInBroker;
let connection: BrokerConnection;
let givenUp: GivenUpChannels;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(wanted('shop', 1)));
  broker.stuck.add('shop');
  connection = new BrokerConnection(broker.options);
  givenUp = new GivenUpChannels(connection, MOST);
  connection.start();
  await eventually(() => expect(connection.isOpen).toBe(true));
});

afterEach(async () => {
  await connection.close();
  await broker.stop();
  log.stop();
});

/** Gives up so many channels on which the broker is stuck. */
async function giveUp(count: number): Promise<void> {
  for (let given = 0; given < count; given += 1) {
    const channel = await connection.openChannel();
    consumeStream(channel, 'shop', 'next', () => undefined).catch(() => undefined);
    givenUp.close(channel);
  }
}

it('the connection is made anew when too many channels stay open, and is as good as the first', async () => {
  await giveUp(MOST);
  await connection.openChannel();
  expect(broker.connections).toBe(1);
  await giveUp(1);
  await eventually(() => expect(broker.connections).toBe(2));
  await eventually(() => expect(connection.isOpen).toBe(true));
  await giveUp(MOST);
  await connection.openChannel();
  expect(broker.connections).toBe(2);
});

it('channels that are closed in the end, or are already, count no more', async () => {
  broker.stuck.clear();
  await giveUp(30);
  const closed: Channel[] = [];
  for (let count = 0; count < 30; count += 1) {
    const channel = await connection.openChannel();
    await channel.close();
    closed.push(channel);
  }
  // What a broker says of many streams that are missing can be read at once.
  for (const channel of closed) givenUp.close(channel);
  await eventually(() => expect(broker.channels.size).toBe(0));
  // On a connection that was given up there is none to be had.
  await connection.openChannel();
  expect(broker.connections).toBe(1);
});

it('channels on which work of a pool hangs are among them', async () => {
  const pool = new ChannelPool(connection, async () => undefined);
  for (let count = 0; count <= MAX_HANGING; count += 1) {
    const working = pool.use(async (channel) => {
      consumeStream(channel, 'shop', 'last', () => undefined).catch(() => undefined);
      throw new Error('it took too long');
    });
    await expect(working).rejects.toThrow('it took too long');
  }
  await eventually(() => expect(broker.connections).toBe(2));
});
