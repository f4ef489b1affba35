import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PATTERNS } from '@nebula/contracts';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { wanted } from '../testing/messages.js';
import { type Asked, StandInBroker } from '../testing/stand-in-broker.js';
import { BrokerConnection } from './broker-connection.js';
import { RabbitDesiredStateStrategy } from './rabbit-desired-state-strategy.js';
import { readingChannels } from './read-stream.js';

/** Shorter than in use, so that a call has no answer soon; long for who is only busy. */
const CALL_LIMIT_MS = 500;

const RETRY = { first_ms: 50, longest_ms: 100 };

const BLOCKED = 'RabbitMQ takes no messages: low on memory';

const log = new LogLines();
const ends: (() => Promise<unknown>)[] = [];
let broker: StandInBroker;
let connection: BrokerConnection;

beforeEach(async () => {
  log.start();
  broker = await StandInBroker.start(JSON.stringify(wanted('shop', 1)));
  connection = new BrokerConnection(broker.options, undefined, CALL_LIMIT_MS);
});

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await connection.close();
  await broker.stop();
  log.stop();
});

/** A worker of one app, and the revisions that it got. */
function follow(): { strategy: RabbitDesiredStateStrategy; revisions: number[] } {
  const strategy = new RabbitDesiredStateStrategy(connection, ['shop'], RETRY);
  const revisions: number[] = [];
  const receive = async ({ revision }: { revision: number }) => void revisions.push(revision);
  strategy.addHandler(PATTERNS.desiredState, receive, true);
  strategy.listen(() => undefined);
  ends.push(() => strategy.close());
  return { strategy, revisions };
}

describe('a worker whose connection is blocked', () => {
  /** Its first channel is the one on which it follows, its second looks for streams. */
  it.each<[string, (asked: Asked) => boolean]>([
    ['opens its channel', ({ method, channel }) => method === 'channel.open' && channel === 1],
    ['prepares its channel', ({ method, channel }) => method === 'basic.qos' && channel === 1],
    [
      'opens a channel to look for streams',
      ({ method, channel }) => method === 'channel.open' && channel === 2,
    ],
    ['prepares that channel', ({ method, channel }) => method === 'basic.qos' && channel === 2],
    ['looks for a stream', ({ method, isNext }) => method === 'basic.consume' && isNext],
    ['subscribes', ({ method, isNext }) => method === 'basic.consume' && !isNext],
    [
      "has received what it can't know to be all",
      ({ method }) => method === 'basic.qos' && broker.delivered > 0,
    ],
  ])('while it %s, says so, goes on when it is freed, and leaves nothing behind', async (_when, blocksAt) => {
    broker.blockAt(blocksAt);
    const { strategy, revisions } = follow();
    const problems = new Set<string | null>();
    await eventually(() => expect(connection.problem()).toBe(BLOCKED));
    await eventually(() => expect(strategy.problem()).toBe(BLOCKED));
    // As long as a call may take, and with tries in between.
    const until = performance.now() + 1.2 * CALL_LIMIT_MS;
    await eventually(() => {
      problems.add(strategy.problem());
      expect(performance.now()).toBeGreaterThan(until);
    });
    expect([...problems]).toEqual([BLOCKED]);
    expect(revisions).toEqual([]);
    expect(log.problems("can't give the stream")).toEqual([]);
    broker.free();
    await eventually(() => expect(revisions).toEqual([1]));
    await eventually(() => expect(strategy.problem()).toBeNull());
    await eventually(() => {
      expect([...broker.channels]).toHaveLength(1);
      expect([...broker.consumers.values()]).toEqual([...broker.channels]);
    });
    expect(broker.connections).toBe(1);
  });

  it('connects anew where it has no answer when it is freed', async () => {
    broker.blockAt(({ method }) => method === 'basic.qos' && broker.delivered > 0);
    const { strategy, revisions } = follow();
    await eventually(() => expect(strategy.problem()).toBe(BLOCKED));
    broker.free(false);
    await eventually(() => expect(revisions).toEqual([1]));
    expect(broker.connections).toBe(2);
    await eventually(() => expect(strategy.problem()).toBeNull());
  });
});

describe('a channel for reading streams', () => {
  it('is closed when it could not be prepared in time', async () => {
    broker.blockAt(({ method }) => method === 'basic.qos');
    connection.start();
    await eventually(() => expect(connection.problem()).toBeNull());
    const reading = readingChannels(connection).use(async () => undefined);
    await expect(reading).rejects.toThrow('took longer than');
    broker.free();
    await eventually(() => expect(connection.problem()).toBeNull());
    await eventually(() => expect(broker.channels.size).toBe(0));
    expect(broker.connections).toBe(1);
  });
});
