import type { ConfirmChannel, Message } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { messageOf } from './error-facts.js';
import { TimeLimitError, within } from './within.js';

/** Longest wait for the broker's confirmation, milliseconds. */
const CONFIRM_LIMIT_MS = 5_000;

/** What RabbitMQ made of a message: it has it, or there is no queue for it. */
export type Outcome = 'confirmed' | 'unroutable';

/** An open channel with the messages on it that were not confirmed yet. */
interface Confirming {
  channel: ConfirmChannel;
  /** Ids of messages that came back, which is told before they are confirmed. */
  returned: Set<string>;
  /** Why RabbitMQ has ended the channel. */
  refusal: Error | null;
  /** Messages that wait for their confirmation. */
  underWay: number;
  /** Nothing more is sent on it. */
  discarded: boolean;
}

/** Channels that RabbitMQ doesn't close, as it is stuck with a stream, before the connection is given up. */
const MAX_HANGING = 20;

/**
 * Publishes straight to queues, each message with a confirmation. A channel that leaves one out is thrown away: after
 * the loss of a stream's leader it could confirm messages that are nowhere.
 */
export class ConfirmedPublisher {
  private current: Promise<Confirming> | null = null;
  private lastId = 0;
  /** Discarded channels that are not closed yet. */
  private hanging = 0;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly limitMs = CONFIRM_LIMIT_MS,
  ) {}

  /**
   * Sends a persistent message and waits until the broker has it.
   *
   * @throws {Error} when that is not certain; it may arrive all the same
   */
  async publish(queue: string, body: Buffer): Promise<Outcome> {
    const opening = this.open();
    const confirming = await opening;
    this.lastId += 1;
    const messageId = String(this.lastId);
    confirming.underWay += 1;
    try {
      await within(this.limitMs, 'a confirmation by RabbitMQ', send(confirming, queue, body, messageId));
    } catch (error) {
      if (error instanceof TimeLimitError) this.discard(confirming, opening);
      throw error;
    } finally {
      confirming.underWay -= 1;
      this.closeDiscarded(confirming);
    }
    return confirming.returned.delete(messageId) ? 'unroutable' : 'confirmed';
  }

  private open(): Promise<Confirming> {
    if (this.current) return this.current;
    const opening = this.openNew(() => {
      if (this.current === opening) this.current = null;
    });
    this.current = opening;
    return opening;
  }

  /** @param ended called when the channel can't be used any more */
  private async openNew(ended: () => void): Promise<Confirming> {
    try {
      const channel = await this.connection.openConfirmChannel();
      const confirming: Confirming = {
        ...{ channel, returned: new Set<string>(), refusal: null },
        ...{ underWay: 0, discarded: false },
      };
      channel.on('return', ({ properties }: Message) => {
        confirming.returned.add(String(properties.messageId));
      });
      channel.on('error', (error) => {
        confirming.refusal = error;
      });
      channel.on('close', ended);
      return confirming;
    } catch (error) {
      ended();
      throw error;
    }
  }

  private discard(confirming: Confirming, opening: Promise<Confirming>): void {
    confirming.discarded = true;
    if (this.current === opening) this.current = null;
  }

  /** What else is on its way on a discarded channel keeps its time: one stuck stream must not disturb the others. */
  private closeDiscarded({ channel, discarded, underWay }: Confirming): void {
    if (!discarded || underWay > 0) return;
    this.hanging += 1;
    if (this.hanging > MAX_HANGING) this.connection.drop();
    channel
      .close()
      .catch(() => undefined)
      .finally(() => {
        this.hanging -= 1;
      });
  }
}

function send(confirming: Confirming, queue: string, body: Buffer, messageId: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { persistent: true, mandatory: true, contentType: 'application/json', messageId };
    confirming.channel.sendToQueue(queue, body, options, (error: unknown) => {
      if (error === null || error === undefined) resolve();
      else reject(confirming.refusal ?? new Error(messageOf(error)));
    });
  });
}
