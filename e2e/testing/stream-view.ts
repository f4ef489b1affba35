import { streamName } from '@nebula/contracts';
import { rawConnection } from '../../tools/bench/fleet/broker/raw-connection.mjs';

/** Messages that are sent before the first of them is acknowledged. */
const PREFETCH = 100;

/** From a stream that holds anything something comes within this, however busy the broker is, milliseconds. */
const FIRST_LIMIT_MS = 20_000;

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
   * All that a stream holds, the oldest first: one message at least.
   * @throws {Error} when there is no such stream, or nothing comes from it
   */
  async messages(app: string): Promise<[string, ...string[]]> {
    return await this.connected(async (connection) => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await channel.prefetch(PREFETCH);
      const messages: string[] = [];
      let limit: NodeJS.Timeout | undefined;
      const begun = new Promise<void>((resolve, reject) => {
        limit = setTimeout(
          () => reject(new Error(`nothing comes from the stream of ${app}`)),
          FIRST_LIMIT_MS,
        );
        const take: Parameters<typeof channel.consume>[1] = (message) => {
          if (!message) return reject(new Error(`the stream of ${app} was deleted`));
          messages.push(message.content.toString('utf8'));
          channel.ack(message);
          resolve();
        };
        const options = { arguments: { 'x-stream-offset': 'first' } };
        channel.consume(streamName(app), take, options).catch(reject);
      });
      await begun.finally(() => clearTimeout(limit));
      // All that there is and is acknowledged is sent before another call is answered.
      for (let before = -1; before < messages.length; ) {
        before = messages.length;
        await channel.prefetch(PREFETCH);
      }
      const [first, ...others] = messages;
      if (first === undefined) throw new Error(`nothing comes from the stream of ${app}`);
      return [first, ...others];
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
