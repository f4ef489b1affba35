import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { StandInBroker } from '../testing/stand-in-broker.js';
import { BrokerConnection } from './broker-connection.js';
import { ConfirmedPublisher } from './confirmed-publisher.js';
import { RabbitFeed } from './rabbit-feed.js';

const log = new LogLines();
const ends: (() => Promise<unknown>)[] = [];
let broker: StandInBroker;
let feed: RabbitFeed;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(wanted('shop', 1)));
  feed = new RabbitFeed({ region: 'local', ...broker.options });
  await eventually(() => expect(feed.problem()).toBeNull());
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await feed.close();
  await broker.stop();
  log.stop();
});

it('after a confirmation that was not true, messages go on another channel, and the old one is closed', async () => {
  await feed.publish(wanted('shop', 2));
  await feed.publish(wanted('web', 1));
  feed.distrust('shop');
  await feed.publish(wanted('shop', 3));
  expect(broker.publishedOn).toEqual([1, 1, 2]);
  await eventually(() => expect(broker.channels.size).toBe(1));
  feed.distrust('shop');
  await feed.publish(wanted('shop', 4));
  expect(broker.publishedOn).toEqual([1, 1, 2, 3]);
});

it('a channel is kept that has confirmed nothing of what is missing', async () => {
  feed.distrust('shop');
  await feed.publish(wanted('shop', 2));
  await feed.publish(wanted('web', 1));
  // Both were found missing: it is the channel of before.
  feed.distrust('shop');
  await feed.publish(wanted('shop', 3));
  feed.distrust('web');
  await feed.publish(wanted('web', 2));
  expect(broker.publishedOn).toEqual([1, 1, 2, 2]);
});

it('messages under way on a channel that is given up are waited for', async () => {
  await feed.publish(wanted('shop', 2));
  broker.holdsConfirmations = true;
  const slow = feed.publish(wanted('web', 1));
  await eventually(() => expect(broker.publishedOn).toEqual([1, 1]));
  feed.distrust('shop');
  const next = feed.publish(wanted('shop', 3));
  await eventually(() => expect(broker.publishedOn).toEqual([1, 1, 2]));
  expect(broker.channels.size).toBe(2);
  broker.confirmHeld();
  await Promise.all([slow, next]);
  await eventually(() => expect(broker.channels.size).toBe(1));
});

it('a message that was about to go on a channel that is given up goes on another one', async () => {
  const connection = new BrokerConnection(broker.options);
  ends.push(() => connection.close());
  connection.start();
  await eventually(() => expect(connection.problem()).toBeNull());
  const publisher = new ConfirmedPublisher(connection);
  await publisher.publish('shop', Buffer.from('.'));
  const next = publisher.publish('web', Buffer.from('.'));
  publisher.distrust('shop');
  expect(await next).toBe('confirmed');
  expect(broker.publishedOn).toEqual([1, 2]);
  await eventually(() => expect([...broker.channels]).toHaveLength(1));
});
