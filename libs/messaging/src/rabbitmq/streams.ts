import { randomUUID } from 'node:crypto';
import { streamName } from '@nebula/contracts';
import type { Channel, ConsumeMessage } from 'amqplib';
import { codeOf } from './error-facts.js';

/**
 * Size of a stream's segments, bytes. What is beyond the length limit is dropped by whole segments, never the
 * newest one; so it is small, and the limit (which a policy sets) many times as large.
 */
const SEGMENT_BYTES = 1_000_000;

/** Declares an app's stream, which is the api's to do. */
export async function declareStream(channel: Channel, appName: string): Promise<void> {
  await channel.assertQueue(streamName(appName), {
    durable: true,
    arguments: { 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': SEGMENT_BYTES },
  });
}

/** What a channel of the client has beside what its types name: who gets the messages of a consumer. */
interface Registry {
  registerConsumer(consumerTag: string, take: Take): void;
}

type Take = (message: ConsumeMessage | null) => void;

/**
 * Consumes an app's stream, of which RabbitMQ gives something only with a prefetch and for explicit acknowledgements.
 *
 * The first messages, and also the end of the consumer, can come before the answer: RabbitMQ queues that behind what it
 * has to do for the channel, and a channel that has read the same stream before is still told there of each append (seen
 * with 3.10, with one read of twenty beside a busy publisher). The client knows a consumer from the answer on, and ends
 * the channel or the whole connection for what comes before it. So the consumer gets its name here, by which it is known
 * from the start.
 *
 * @param take is given each message, null when RabbitMQ has ended the consumer; also before this resolves
 * @returns the name by which it can be cancelled
 */
export async function consumeStream(
  channel: Channel,
  appName: string,
  offset: 'first' | 'last' | 'next',
  take: Take,
): Promise<string> {
  const consumerTag = `nebula-${randomUUID()}`;
  (channel as Channel & Registry).registerConsumer(consumerTag, take);
  await channel.consume(streamName(appName), take, { consumerTag, arguments: { 'x-stream-offset': offset } });
  return consumerTag;
}

/** Whether RabbitMQ counts any message in an app's stream, which it may do seconds late. */
export async function holdsMessages(channel: Channel, appName: string): Promise<boolean> {
  return (await channel.checkQueue(streamName(appName))).messageCount > 0;
}

/** Whether an error of RabbitMQ says that a queue or stream doesn't exist. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 404;
}
