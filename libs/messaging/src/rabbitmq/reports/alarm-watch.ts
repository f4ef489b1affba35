import type { Channel } from 'amqplib';
import { BrokerConnection } from '../broker-connection.js';
import type { RabbitOptions } from '../rabbit-options.js';

/**
 * Between two messages, milliseconds. For so long a worker's silence may still count after an alarm has begun, so it is
 * short beside the intervals of heartbeats; one message costs the broker next to nothing.
 */
const INTERVAL_MS = 2_000;

/** No queue has this name, so RabbitMQ drops what is sent there through the default exchange. */
const NOWHERE = 'nebula.nowhere';

/**
 * Knows whether the broker takes messages. One that is short of memory or disk reads nothing more from clients that
 * publish, and tells that to them alone: who only consumes gets no reports then, and isn't told why. So this publishes
 * now and then, on a connection of its own, since one that is blocked can't acknowledge either.
 */
export class AlarmWatch {
  private readonly connection: BrokerConnection;
  private channel: Channel | null = null;
  private opening = false;
  /** By the clock that never jumps, milliseconds. */
  private since: number | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(options: RabbitOptions) {
    this.connection = new BrokerConnection({
      ...options,
      connection_name: `${options.connection_name} (alarms)`,
    });
  }

  /** Begins to connect, in the background. */
  start(): void {
    const taking = () => {
      this.since = performance.now();
      void this.ask();
    };
    const notTaking = () => {
      this.since = null;
    };
    this.connection.listen({
      ...{ opened: taking, freed: taking, blocked: notTaking },
      lost: () => {
        notTaking();
        this.channel = null;
      },
    });
    this.timer = setInterval(() => void this.ask(), INTERVAL_MS);
    this.timer.unref();
    this.connection.start();
  }

  /** For how long the broker takes messages, milliseconds, as far as it has told; null while it doesn't. */
  takenMs(): number | null {
    return this.since === null ? null : performance.now() - this.since;
  }

  /** Null when the broker takes messages, else what is in the way, in a few words. */
  problem(): string | null {
    return this.connection.problem();
  }

  /** Whether the broker has said that it takes none for now. */
  get isBlocked(): boolean {
    return this.connection.isBlocked;
  }

  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.connection.close();
  }

  private async ask(): Promise<void> {
    if (this.connection.problem() !== null || this.opening) return;
    this.opening = true;
    try {
      this.channel ??= await this.open();
      this.channel.publish('', NOWHERE, Buffer.from('.'));
    } catch {
      // The connection or the channel has ended.
      this.channel = null;
    }
    this.opening = false;
  }

  private async open(): Promise<Channel> {
    const channel = await this.connection.openChannel();
    channel.on('close', () => {
      if (this.channel === channel) this.channel = null;
    });
    return channel;
  }
}
