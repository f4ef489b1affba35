import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { streamName } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { type Channel, type ChannelModel, connect, type ConsumeMessage } from 'amqplib';
import { type Broker, startBroker } from '../../../../tools/services/rabbitmq.mjs';
import { secret } from '../../../../tools/test/known-secrets.mjs';
import type { RabbitOptions } from '../rabbitmq/rabbit-options.js';
import { eventually } from './eventually.js';
import { SEARCHED_LOG } from './searched-log.js';

type BrokerMaking = Omit<Parameters<typeof startBroker>[0], 'folder'>;

/** A stream from which nothing has come for so long is empty, milliseconds. */
const EMPTY_AFTER_MS = 5_000;

/**
 * A real broker of a test file, and what a test does to it behind the back of what it tests. From its start on the log is
 * searched for secrets, the password of its administrator among them.
 */
export class BrokerUnderTest {
  private constructor(
    private readonly folder: string,
    readonly broker: Broker,
  ) {}

  static async start(options: BrokerMaking = {}): Promise<BrokerUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'nebula-broker-'));
    const broker = await startBroker({ folder: join(folder, 'rabbitmq'), ...options });
    secret(broker.admin.password);
    Logger.overrideLogger(SEARCHED_LOG);
    return new BrokerUnderTest(folder, broker);
  }

  async remove(): Promise<void> {
    await this.broker.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The administrator's, with short waits. */
  options(changes: Partial<RabbitOptions> = {}): RabbitOptions {
    const { hosts, admin } = this.broker;
    return {
      ...{ hosts, port: 5672, user: admin.user, password: admin.password, vhost: '/' },
      ...{
        heartbeat_seconds: 10,
        connection_name: 'test',
        reconnect: { first_ms: 100, spread_ms: 100, longest_ms: 1_000 },
      },
      ...changes,
    };
  }

  /** Does something on a channel of its own. */
  async onChannel<T>(work: (channel: Channel) => Promise<T>, options = this.options()): Promise<T> {
    const connection = await this.connect(options);
    try {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      const result = await work(channel);
      // The end of the connection would overtake what was sent on the channel.
      await channel.close().catch(() => undefined);
      return result;
    } finally {
      await connection.close().catch(() => undefined);
    }
  }

  async connect({ hosts, user, password, vhost }: RabbitOptions): Promise<ChannelModel> {
    const [hostname, port] = (hosts[0] ?? '').split(':');
    const connection = await connect(
      { hostname: hostname ?? '', port: Number(port), username: user, password, vhost },
      { noDelay: true },
    );
    connection.on('error', () => undefined);
    return connection;
  }

  async deleteStream(appName: string): Promise<void> {
    await this.onChannel((channel) => channel.deleteQueue(streamName(appName)));
  }

  /** Makes a stream without a message. */
  async declareStream(appName: string): Promise<void> {
    await this.onChannel((channel) =>
      channel.assertQueue(streamName(appName), {
        durable: true,
        arguments: { 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': 1_000_000 },
      }),
    );
  }

  /** Appends anything. */
  async append(appName: string, ...contents: (string | Buffer)[]): Promise<void> {
    const connection = await this.connect(this.options());
    try {
      const channel = await connection.createConfirmChannel();
      for (const content of contents) channel.sendToQueue(streamName(appName), Buffer.from(content));
      await channel.waitForConfirms();
    } finally {
      await connection.close();
    }
  }

  /** The first message that a stream still holds; null when it holds none, or none comes within seconds. */
  async oldest(appName: string): Promise<string | null> {
    return await this.onChannel(async (channel) => {
      await channel.prefetch(1);
      const first = new Promise<string>((resolve, reject) => {
        const take = (message: ConsumeMessage | null) => {
          if (message) resolve(message.content.toString('utf8'));
        };
        const arguments_ = { 'x-stream-offset': 'first' };
        channel.consume(streamName(appName), take, { arguments: arguments_ }).catch(reject);
      });
      return await Promise.race([first, sleep(EMPTY_AFTER_MS, null, { ref: false })]);
    });
  }

  /** Those that the management plugin has noticed, which takes it some seconds. */
  async connections(): Promise<{ id: string; name: string; channels: number }[]> {
    const text = await this.broker.manage('GET', '/api/connections?columns=name,channels,client_properties');
    const all = JSON.parse(text) as {
      name: string;
      channels?: number;
      client_properties?: { connection_name?: string };
    }[];
    return all.map(({ name, channels = 0, client_properties }) => ({
      id: name,
      channels,
      name: client_properties?.connection_name ?? '',
    }));
  }

  /** Drops the connections of a name, when the broker has noticed them. */
  async dropConnections(name: string): Promise<void> {
    await eventually(async () => {
      const named = (await this.connections()).filter((connection) => connection.name === name);
      expect(named.length).toBeGreaterThan(0);
      for (const { id } of named)
        await this.broker.manage('DELETE', `/api/connections/${encodeURIComponent(id)}`);
    }, 20_000);
  }
}
