import { streamName } from '@nebula/contracts';
import type { Channel } from 'amqplib';
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

/** Reads of a stream, which RabbitMQ gives only with a prefetch and for explicit acknowledgements. */
export function fromOffset(offset: 'first' | 'last' | 'next'): { arguments: object } {
  return { arguments: { 'x-stream-offset': offset } };
}

/** Whether an error of RabbitMQ says that a queue or stream doesn't exist. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 404;
}
