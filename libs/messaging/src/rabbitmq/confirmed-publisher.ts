import type { ConfirmChannel, Message } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { messageOf } from './error-facts.js';
import { GivenUpChannels } from './given-up-channels.js';
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
  /** Queues of which it has confirmed a message. */
  confirmed: Set<string>;
  /** Messages that wait for their confirmation. */
  underWay: number;
  /** Nothing more is sent on it. */
  discarded: boolean;
}

/**
 * Publishes straight to queues, each message with a confirmation. A channel that leaves one out is thrown away, and so is
 * one that is said to have confirmed what isn't there: after the loss of a stream's leader it goes on like that.
 */
export class ConfirmedPublisher {
  private current: Promise<Confirming> | null = null;
  /** What `current` has come to. */
  private opened: Confirming | null = null;
  private lastId = 0;
  private readonly givenUp: GivenUpChannels;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly limitMs = CONFIRM_LIMIT_MS,
  ) {
    this.givenUp = new GivenUpChannels(connection);
  }

  /**
   * Sends a persistent message and waits until the broker has it.
   *
   * @throws {Error} when that is not certain; it may arrive all the same
   */
  async publish(queue: string, body: Buffer): Promise<Outcome> {
    let confirming = await this.open();
    // What was open when it was asked for can have been given up since, and closed, as nothing was on its way on it.
    while (confirming.discarded) confirming = await this.open();
    this.lastId += 1;
    const messageId = String(this.lastId);
    confirming.underWay += 1;
    try {
      await within(this.limitMs, 'a confirmation by RabbitMQ', send(confirming, queue, body, messageId));
    } catch (error) {
      if (error instanceof TimeLimitError) this.discard(confirming);
      throw error;
    } finally {
      confirming.underWay -= 1;
      this.closeDiscarded(confirming);
    }
    if (confirming.returned.delete(messageId)) return 'unroutable';
    confirming.confirmed.add(queue);
    return 'confirmed';
  }

  /** What was confirmed last of a queue is not in it: the channel that said so is given up, if it is still in use. */
  distrust(queue: string): void {
    if (!this.opened?.confirmed.has(queue)) return;
    const confirming = this.opened;
    this.discard(confirming);
    this.closeDiscarded(confirming);
  }

  private open(): Promise<Confirming> {
    if (this.current) return this.current;
    const opening = this.openNew(() => {
      if (this.current !== opening) return;
      this.current = null;
      this.opened = null;
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
        ...{ confirmed: new Set<string>(), underWay: 0, discarded: false },
      };
      this.opened = confirming;
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

  private discard(confirming: Confirming): void {
    confirming.discarded = true;
    if (this.opened !== confirming) return;
    this.current = null;
    this.opened = null;
  }

  /** What else is on its way on a discarded channel keeps its time: one stuck stream must not disturb the others. */
  private closeDiscarded({ channel, discarded, underWay }: Confirming): void {
    if (!discarded || underWay > 0) return;
    this.givenUp.close(channel);
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
