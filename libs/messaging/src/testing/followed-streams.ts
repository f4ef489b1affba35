import { expect } from '@jest/globals';
import { type DesiredStateMessage, PATTERNS } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { BrokerConnection } from '../rabbitmq/broker-connection.js';
import { RabbitDesiredStateStrategy } from '../rabbitmq/rabbit-desired-state-strategy.js';
import { RabbitFeed } from '../rabbitmq/rabbit-feed.js';
import type { RabbitOptions } from '../rabbitmq/rabbit-options.js';
import { BrokerUnderTest } from './broker-under-test.js';
import { eventually } from './eventually.js';
import { Listener } from './listener.js';
import { wanted } from './messages.js';
import { SEARCHED_LOG } from './searched-log.js';

const RETRY = { first_ms: 50, longest_ms: 200 };

/** What follows the streams of apps, as a worker does, and what it got. */
export interface Following {
  strategy: RabbitDesiredStateStrategy;
  listener: Listener<DesiredStateMessage>;
  /** Its own, on which a worker reports, too. */
  connection: BrokerConnection;
}

/** A broker with streams of apps, and those who follow them. */
export class FollowedStreams {
  private readonly listeners: Listener<DesiredStateMessage>[] = [];
  private readonly connections: BrokerConnection[] = [];

  private constructor(
    readonly server: BrokerUnderTest,
    readonly feed: RabbitFeed,
  ) {}

  static async open(): Promise<FollowedStreams> {
    Logger.overrideLogger(SEARCHED_LOG);
    const server = await BrokerUnderTest.start();
    const feed = new RabbitFeed({ region: 'eu', ...server.options() });
    await eventually(() => expect(feed.problem()).toBeNull());
    return new FollowedStreams(server, feed);
  }

  async close(): Promise<void> {
    await this.feed.close();
    await this.server.remove();
  }

  /** Ends all who follow. */
  async forget(): Promise<void> {
    for (const listener of this.listeners.splice(0)) await listener.close();
    for (const connection of this.connections.splice(0)) await connection.close();
    Logger.overrideLogger(SEARCHED_LOG);
  }

  async follow(
    apps: string[],
    handle?: (message: DesiredStateMessage) => unknown,
    changes: Partial<RabbitOptions> = {},
  ): Promise<Following> {
    const connection = new BrokerConnection(this.server.options(changes));
    this.connections.push(connection);
    const strategy = new RabbitDesiredStateStrategy(connection, apps, RETRY);
    const listener = await Listener.start<DesiredStateMessage>(PATTERNS.desiredState, strategy, handle);
    this.listeners.push(listener);
    return { strategy, listener, connection };
  }

  /** What one got of an app, in order. */
  revisions({ listener }: Following, app: string): number[] {
    return listener.received.filter((message) => message?.app_name === app).map(({ revision }) => revision);
  }

  /** Resolves when a revision is the newest that one got of an app. */
  async received(following: Following, app: string, revision: number, limitMs?: number): Promise<void> {
    await eventually(() => expect(this.revisions(following, app).at(-1)).toBe(revision), limitMs);
  }

  async publish(app: string, ...revisions: number[]): Promise<void> {
    for (const revision of revisions) await this.feed.publish(wanted(app, revision));
  }
}
