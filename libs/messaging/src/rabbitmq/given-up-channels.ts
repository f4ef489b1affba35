import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';

/**
 * Channels that RabbitMQ doesn't close, as it is stuck with a stream, before the connection is given up. A quarter of those
 * that a connection can have: with fewer some stuck streams would end it again and again, for all others too. Eight at a
 * time, each for five seconds, reach it in five minutes.
 */
export const MAX_HANGING = 500;

/** Closes channels on which RabbitMQ is stuck, so that it may never answer. What it still keeps open is limited. */
export class GivenUpChannels {
  private readonly hanging = new Set<Channel>();

  constructor(
    private readonly connection: BrokerConnection,
    private readonly most = MAX_HANGING,
  ) {}

  close(channel: Channel): void {
    this.hanging.add(channel);
    // Closing has no answer either when it is the connection that ends.
    channel.on('close', () => this.hanging.delete(channel));
    channel.close().catch(() => this.hanging.delete(channel));
    // Of one that was closed already that is known a moment later, and a broker that is blocked closes none.
    setImmediate(() => {
      if (this.hanging.size > this.most && !this.connection.isBlocked) this.connection.drop();
    });
  }
}
