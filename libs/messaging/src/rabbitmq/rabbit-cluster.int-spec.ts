import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type DesiredStateMessage, PATTERNS, streamName } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { BrokerUnderTest } from '../testing/broker-under-test.js';
import { eventually } from '../testing/eventually.js';
import { Listener } from '../testing/listener.js';
import { wanted } from '../testing/messages.js';
import { BrokerConnection } from './broker-connection.js';
import { RabbitDesiredStateStrategy } from './rabbit-desired-state-strategy.js';
import { RabbitFeed } from './rabbit-feed.js';
import { SEARCHED_LOG } from '../testing/searched-log.js';

const LIMIT = 300_000;
const NODES = [0, 1, 2];

let server: BrokerUnderTest;
let feed: RabbitFeed;

beforeAll(async () => {
  Logger.overrideLogger(SEARCHED_LOG);
  server = await BrokerUnderTest.start({ nodes: NODES.length });
  feed = new RabbitFeed({ region: 'eu', ...server.options() });
  await eventually(() => expect(feed.problem()).toBeNull());
}, LIMIT);

afterAll(async () => {
  await feed.close();
  await server.remove();
}, LIMIT);

const followers: Worker[] = [];

afterEach(async () => {
  for (const { connection, listener } of followers.splice(0)) {
    await listener.close();
    await connection.close();
  }
}, LIMIT);

interface Worker {
  connection: BrokerConnection;
  strategy: RabbitDesiredStateStrategy;
  listener: Listener<DesiredStateMessage>;
}

/** A worker that is connected to a node first, and to any other when that is away. */
async function follow(first: number, app: string): Promise<Worker> {
  const own = server.broker.hosts[first] ?? '';
  const connection = new BrokerConnection({ ...server.options(), hosts: [own, ...server.broker.hosts] });
  const retry = { first_ms: 100, longest_ms: 1_000 };
  const strategy = new RabbitDesiredStateStrategy(connection, [app], retry);
  const listener = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy);
  const worker = { connection, strategy, listener };
  followers.push(worker);
  return worker;
}

/** Resolves when all workers have a change and no problem. */
async function arrived(workers: readonly Worker[], revision: number): Promise<void> {
  for (const { listener, strategy } of workers) {
    await eventually(() => expect(listener.received.at(-1)?.revision).toBe(revision), 30_000);
    await eventually(() => expect(strategy.problem()).toBeNull(), 30_000);
  }
}

/** Index of the node that leads an app's stream. */
async function leaderOf(app: string, asked: number): Promise<number> {
  return await eventually(async () => {
    const text = await server.broker.manage('GET', `/api/queues/%2F/${streamName(app)}`, undefined, asked);
    const { node: leader } = JSON.parse(text) as { node: string };
    const index = NODES.findIndex((index) => server.broker.node(index).name === leader);
    expect(index).toBeGreaterThanOrEqual(0);
    expect(server.broker.pid(index)).not.toBeNull();
    return index;
  }, 30_000);
}

/** Resolves when every node has a replica of an app's stream that keeps up. */
async function replicated(app: string): Promise<void> {
  await eventually(async () => {
    const text = await server.broker.manage('GET', `/api/queues/%2F/${streamName(app)}`);
    expect((JSON.parse(text) as { online?: string[] }).online).toHaveLength(NODES.length);
  }, 60_000);
}

/** Makes changes as the api does: each is published until it is read back, the last one too. */
class Changes {
  revision = 0;
  private begun = 0;
  private wanted = true;
  private readonly done: Promise<void>;

  constructor(private readonly app: string) {
    this.done = this.make();
  }

  async end(): Promise<void> {
    this.wanted = false;
    await this.done;
  }

  private async make(): Promise<void> {
    while (this.wanted || this.begun > this.revision) {
      const next = this.revision + 1;
      this.begun = next;
      try {
        await feed.publish(wanted(this.app, next));
        if ((await feed.readNewest(this.app))?.revision === next) this.revision = next;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

async function moreThan(changes: Changes, revision: number): Promise<void> {
  await eventually(() => expect(changes.revision).toBeGreaterThan(revision), 60_000);
}

it(
  'every change arrives, though the node that leads the stream is killed again and again',
  async () => {
    const changes = new Changes('shop');
    await moreThan(changes, 0);
    const workers = await Promise.all(NODES.map((node) => follow(node, 'shop')));
    let asked = 0;
    for (let turn = 0; turn < 3; turn += 1) {
      await replicated('shop');
      const leader = await leaderOf('shop', asked);
      asked = NODES.find((node) => node !== leader) ?? 0;
      await server.broker.killNode(leader);
      await moreThan(changes, changes.revision + 5);
      await server.broker.startNode(leader);
    }
    await changes.end();
    await arrived(workers, changes.revision);
  },
  LIMIT,
);

it(
  'a cluster that lost most of its nodes goes on when they are back',
  async () => {
    const changes = new Changes('web');
    await moreThan(changes, 0);
    const workers = await Promise.all(NODES.map((node) => follow(node, 'web')));
    await Promise.all([0, 1].map((node) => server.broker.killNode(node)));
    const before = changes.revision;
    await Promise.all([0, 1].map((node) => server.broker.startNode(node)));
    await moreThan(changes, before + 5);
    await changes.end();
    await arrived(workers, changes.revision);
  },
  LIMIT,
);

it(
  'a stream that is stuck, as its only node is away, disturbs no other',
  async () => {
    const lonely = { ...server.options(), hosts: server.broker.hosts.slice(1, 2) };
    await server.onChannel(
      (channel) =>
        channel.assertQueue(streamName('lonely'), {
          arguments: { 'x-queue-type': 'stream', 'x-initial-cluster-size': 1 },
        }),
      lonely,
    );
    const own = new RabbitFeed({ region: 'eu', ...server.options(), hosts: server.broker.hosts.slice(0, 1) });
    try {
      await eventually(() => expect(own.problem()).toBeNull());
      await own.publish(wanted('lonely', 1));
      await own.publish(wanted('busy', 1));
      await replicated('busy');
      await server.broker.killNode(1);
      let stuck = true;
      const attempt = (async () => {
        for (let turn = 0; turn < 2; turn += 1) await own.publish(wanted('lonely', 2)).catch(() => undefined);
        stuck = false;
      })();
      let revision = 1;
      while (stuck) {
        revision += 1;
        await own.publish(wanted('busy', revision));
      }
      await attempt;
      expect(revision).toBeGreaterThan(20);
      await server.broker.startNode(1);
      await eventually(() => own.publish(wanted('lonely', 3)), 60_000);
    } finally {
      await own.close();
    }
  },
  LIMIT,
);
