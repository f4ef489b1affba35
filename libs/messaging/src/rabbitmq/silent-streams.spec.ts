import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { desiredStateDigest, NO_TOKENS } from '@nebula/contracts';
import { SilentStreamError } from '../silent-stream-error.js';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { StandInBroker } from '../testing/stand-in-broker.js';
import { RabbitFeed } from './rabbit-feed.js';

const TOMBSTONE = {
  ...wanted('shop', 2),
  ...{ deleted: true, spec: null, digest: desiredStateDigest(null, NO_TOKENS) },
};

const log = new LogLines();
let broker: StandInBroker;
let feed: RabbitFeed;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(TOMBSTONE));
  feed = new RabbitFeed({ region: 'local', ...broker.options });
  await eventually(() => expect(feed.problem()).toBeNull());
});

afterEach(async () => {
  await feed.close();
  await broker.stop();
  log.stop();
});

it('what a slow broker has not sent yet is waited for, and no stream of it is empty for that', async () => {
  broker.delivery = 'when counted';
  expect(await feed.readNewest('shop')).toMatchObject({ revision: 2, deleted: true });
});

it('a broker that sends nothing of what it has makes reading fail', async () => {
  broker.delivery = 'never';
  const silence = new SilentStreamError('the stream of shop is said to hold messages, and none came in 3 s');
  await expect(feed.readNewest('shop')).rejects.toEqual(silence);
}, 15_000);

it('a stream with which the broker is stuck is a problem of nothing else', async () => {
  broker.stuck.add('shop');
  await expect(feed.readNewest('shop')).rejects.toThrow('took longer than 5 s');
  broker.stuck.clear();
  expect(await feed.readNewest('shop')).toMatchObject({ revision: 2 });
  expect(feed.problem()).toBeNull();
  expect(broker.connections).toBe(1);
}, 15_000);

it('a stream that holds nothing is empty, and not gone', async () => {
  Object.assign(broker, { delivery: 'never', messageCount: 0 });
  expect(await feed.readNewest('shop')).toBeNull();
  expect(await feed.removeDeleted('shop')).toBe(false);
});
