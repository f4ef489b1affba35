import type { Channel } from 'amqplib';
import { SilentStreamError } from '../silent-stream-error.js';
import type { BrokerConnection } from './broker-connection.js';
import { ChannelPool } from './channel-pool.js';
import { consumeStream, holdsMessages, isMissing } from './streams.js';
import { TimeLimitError, within } from './within.js';

/** Unacknowledged messages at a time. RabbitMQ sends whole chunks, so it can be more. */
const PREFETCH = 50;

/**
 * A stream from which nothing has come for so long is empty if RabbitMQ counts no message in it, milliseconds. The count
 * alone says too little: it stays 0 for up to 5 s after the first message (seen with 3.10). Nor does silence, as the first
 * messages are sent when the replica gets to it. Empty streams are rare, as one is declared only when there is something
 * to append.
 */
const EMPTY_AFTER_MS = 1_000;

/** So much of its time a read then waits for the first of what is counted, and has the rest to say that none came. */
const SILENT_SHARE = 0.6;

/** Channels on which streams can be read. */
export function readingChannels(connection: BrokerConnection): ChannelPool {
  return new ChannelPool(connection, (channel) => channel.prefetch(PREFETCH));
}

/**
 * Reads an app's stream up to its end as it is now, on a channel of its own, since a missing stream ends the channel.
 *
 * @param channels made by `readingChannels`
 * @param offset `first` for all of it, `last` for the last chunk, which can hold many messages
 * @param take is given each message, the oldest first
 * @returns whether there is such a stream
 * @throws {SilentStreamError} when nothing comes of what it is said to hold
 * @throws {Error} when RabbitMQ is away, refuses, or takes longer than the limit
 */
export async function readStream(
  channels: ChannelPool,
  appName: string,
  offset: 'first' | 'last',
  limitMs: number,
  take: (content: Buffer) => void,
): Promise<boolean> {
  try {
    await channels.use((channel) =>
      within(
        limitMs,
        `reading the stream of ${appName}`,
        readWatched(channel, appName, offset, SILENT_SHARE * limitMs, take),
      ),
    );
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Fails as soon as the channel ends. */
async function readWatched(
  channel: Channel,
  appName: string,
  offset: 'first' | 'last',
  silentMs: number,
  take: (content: Buffer) => void,
): Promise<void> {
  let end = (_reason: Error) => {};
  const ended = new Promise<never>((_resolve, reject) => {
    end = reject;
  });
  const closed = () => end(new Error(`the channel ended while reading the stream of ${appName}`));
  channel.on('error', end).on('close', closed);
  try {
    await Promise.race([readToEnd(channel, appName, offset, silentMs, take, end), ended]);
  } finally {
    // It will be used again, by others.
    channel.off('error', end).off('close', closed);
  }
}

async function readToEnd(
  channel: Channel,
  appName: string,
  offset: 'first' | 'last',
  silentMs: number,
  take: (content: Buffer) => void,
  end: (reason: Error) => void,
): Promise<void> {
  let count = 0;
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const consumerTag = await consumeStream(channel, appName, offset, (message) => {
    if (!message) return end(new Error(`the stream of ${appName} was deleted while it was read`));
    count += 1;
    begin();
    channel.ack(message);
    take(message.content);
  });
  if ((await beginsWithin(begun, EMPTY_AFTER_MS)) || (await holdsMessages(channel, appName))) {
    if (!(await beginsWithin(begun, silentMs)))
      throw new SilentStreamError(
        `the stream of ${appName} is said to hold messages, and none came in ${silentMs / 1_000} s`,
      );
    // RabbitMQ sends all that a stream holds, as far as it is acknowledged, before it answers another call.
    for (let before = -1; before < count; ) {
      before = count;
      await channel.prefetch(PREFETCH);
    }
  }
  await channel.cancel(consumerTag);
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
