import { streamName } from '@nebula/contracts';
import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { fromOffset, isMissing } from './streams.js';
import { TimeLimitError, within } from './within.js';

/** Unacknowledged messages at a time. RabbitMQ sends whole chunks, so it can be more. */
const PREFETCH = 50;

/**
 * A stream from which nothing has come for so long is empty, milliseconds. RabbitMQ says nowhere that it is: the
 * message count of a stream is that of some seconds ago, and its first messages are sent when the replica gets to it.
 */
const EMPTY_AFTER_MS = 1_000;

/**
 * Reads an app's stream up to its end as it is now, on a channel of its own, since a missing stream ends the channel.
 *
 * @param offset `first` for all of it, `last` for the last chunk, which can hold many messages
 * @param take is given each message, the oldest first
 * @returns whether there is such a stream
 * @throws {Error} when RabbitMQ is away, refuses, or takes longer than the limit
 */
export async function readStream(
  connection: BrokerConnection,
  appName: string,
  offset: 'first' | 'last',
  limitMs: number,
  take: (content: Buffer) => void,
): Promise<boolean> {
  const channel = await connection.openChannel();
  try {
    await within(limitMs, `reading the stream of ${appName}`, readToEnd(channel, appName, offset, take));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  } finally {
    // Also of a channel that has ended, which is no matter.
    channel.close().catch(() => undefined);
  }
}

async function readToEnd(
  channel: Channel,
  appName: string,
  offset: 'first' | 'last',
  take: (content: Buffer) => void,
): Promise<void> {
  let count = 0;
  let end = (_reason: Error) => {};
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<never>((_resolve, reject) => {
    end = reject;
  });
  ended.catch(() => undefined);
  channel.on('error', end);
  channel.on('close', () => end(new Error(`the channel ended while reading the stream of ${appName}`)));

  await channel.prefetch(PREFETCH);
  await channel.consume(
    streamName(appName),
    (message) => {
      if (!message) return end(new Error(`the stream of ${appName} was deleted while it was read`));
      count += 1;
      begin();
      channel.ack(message);
      take(message.content);
    },
    fromOffset(offset),
  );
  if (!(await Promise.race([beginsWithin(begun, EMPTY_AFTER_MS), ended]))) return;
  // RabbitMQ sends all that a stream holds, as far as it is acknowledged, before it answers another call.
  for (let before = -1; before < count; ) {
    before = count;
    await Promise.race([channel.prefetch(PREFETCH), ended]);
  }
}

async function beginsWithin(begun: Promise<void>, limitMs: number): Promise<boolean> {
  try {
    await within(limitMs, 'the first message', begun);
    return true;
  } catch (error) {
    if (error instanceof TimeLimitError) return false;
    throw error;
  }
}
