import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { GivenUpChannels } from './given-up-channels.js';

/** So many channels are kept while nobody uses them. */
const MAX_IDLE = 8;

/** Channels for work that leaves them as they were: opening and closing one costs RabbitMQ more than a short read. */
export class ChannelPool {
  private readonly idle = new Set<Channel>();
  private readonly givenUp: GivenUpChannels;

  /** @param prepare what is to be done once on each channel */
  constructor(
    private readonly connection: BrokerConnection,
    private readonly prepare: (channel: Channel) => Promise<unknown>,
  ) {
    this.givenUp = new GivenUpChannels(connection);
  }

  /**
   * Does work on a channel that nobody else uses meanwhile. A channel on which it fails is thrown away.
   *
   * @throws {Error} when there is no connection, and whatever the work throws
   */
  async use<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = this.take() ?? (await this.open());
    try {
      const result = await work(channel);
      this.giveBack(channel);
      return result;
    } catch (error) {
      // Also of a channel that has ended, which is no matter.
      this.givenUp.close(channel);
      throw error;
    }
  }

  private take(): Channel | undefined {
    const [channel] = this.idle;
    if (channel) this.idle.delete(channel);
    return channel;
  }

  private async open(): Promise<Channel> {
    return await this.connection.openChannel(async (channel) => {
      channel.on('close', () => this.idle.delete(channel));
      await this.prepare(channel);
    });
  }

  private giveBack(channel: Channel): void {
    if (this.idle.size < MAX_IDLE) this.idle.add(channel);
    else channel.close().catch(() => undefined);
  }
}
