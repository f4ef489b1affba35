import { setTimeout as sleep } from 'node:timers/promises';
import { streamName } from '@nebula/contracts';
import { rawConnection } from '../../tools/bench/fleet/broker/raw-connection.mjs';

/** Messages that are sent before the first of them is acknowledged. */
const PREFETCH = 100;

/** A stream from which nothing has come for so long is empty, milliseconds. */
const EMPTY_AFTER_MS = 2_000;

/** How somebody reaches a broker. */
export interface BrokerLogin {
  /** `host:port` of a node. */
  host: string;
  user: string;
  password: string;
  vhost: string;
}

/** The streams of apps as a user of the broker sees and writes them, by the client library alone. */
export class StreamView {
  constructor(private readonly login: BrokerLogin) {}

  /**
   * All that a stream holds, the oldest first.
   * @throws {Error} when there is no such stream
   */
  async messages(app: string): Promise<string[]> {
    return await this.connected(async (connection) => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await channel.prefetch(PREFETCH);
      const messages: string[] = [];
      let begin = () => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      await channel.consume(
        streamName(app),
        (message) => {
          if (!message) return;
          messages.push(message.content.toString('utf8'));
          channel.ack(message);
          begin();
        },
        { arguments: { 'x-stream-offset': 'first' } },
      );
      await Promise.race([begun, sleep(EMPTY_AFTER_MS, undefined, { ref: false })]);
      // All that there is and is acknowledged is sent before another call is answered.
      for (let before = -1; before < messages.length; ) {
        before = messages.length;
        await channel.prefetch(PREFETCH);
      }
      return messages;
    });
  }

  /** Appends anything to the stream of an app, behind the back of all. Resolves when the broker has it. */
  async append(app: string, payload: string): Promise<void> {
    await this.connected(async (connection) => {
      const channel = await connection.createConfirmChannel();
      channel.sendToQueue(streamName(app), Buffer.from(payload), { persistent: true });
      await channel.waitForConfirms();
    });
  }

  private async connected<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const { host, ...login } = this.login;
    const connection = await rawConnection({
      ...{ ...login, hosts: [host], port: 0, heartbeat_seconds: 0, connection_name: 'a look from outside' },
    });
    connection.on('error', () => undefined);
    try {
      return await work(connection);
    } finally {
      await connection.close().catch(() => undefined);
    }
  }
}

type Connection = Awaited<ReturnType<typeof rawConnection>>;
