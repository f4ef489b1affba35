import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';

/** Channels that RabbitMQ doesn't close, as it is stuck with a stream, before the connection is given up. */
const MAX_HANGING = 20;

/** Closes channels on which RabbitMQ is stuck, so that it may never answer. What it still keeps open is limited. */
export class GivenUpChannels {
  private readonly hanging = new Set<Channel>();

  constructor(private readonly connection: BrokerConnection) {}

  close(channel: Channel): void {
    this.hanging.add(channel);
    // Closing has no answer either when it is the connection that ends.
    channel.on('close', () => this.hanging.delete(channel));
    if (this.hanging.size > MAX_HANGING) this.connection.drop();
    channel.close().catch(() => this.hanging.delete(channel));
  }
}
