import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { codeOf, messageOf } from './error-facts.js';
import type { GivenUpChannels } from './given-up-channels.js';
import { consumeStream, isMissing } from './streams.js';
import { TimeLimitError, within } from './within.js';

/** Whether the stream of an app can be read; `problem` is null when it is only missing. */
export type StreamOutcome = 'found' | { problem: string | null };

/**
 * Tries to read the streams of apps, on channels of its own: each that can't be read ends one. It ends with the first of
 * which RabbitMQ gives no answer, though it does on another channel: that takes a while, and those behind it are not to
 * wait for all that are like it.
 *
 * @returns what became of each that was tried
 * @throws {Error} when the connection is lost, or RabbitMQ gives no answer
 */
export async function findStreams(
  connection: BrokerConnection,
  givenUp: GivenUpChannels,
  apps: readonly string[],
): Promise<Map<string, StreamOutcome>> {
  const outcomes = new Map<string, StreamOutcome>();
  const open = async () => await connection.openChannel((opened) => opened.prefetch(1));
  let channel: Channel | null = null;
  for (const app of apps) {
    channel ??= await open();
    try {
      // From behind the last message, so that nothing is sent.
      const consuming = consumeStream(channel, app, 'next', () => undefined);
      await within(connection.callLimitMs, `looking for the stream of ${app}`, consuming);
      outcomes.set(app, 'found');
    } catch (error) {
      // It has ended but for an answer that is late, with which it would read on.
      givenUp.close(channel);
      channel = null;
      if (!connection.isOpen) throw error;
      if (error instanceof TimeLimitError) {
        channel = await open();
        outcomes.set(app, { problem: noAnswer(app) });
        break;
      }
      outcomes.set(app, { problem: isMissing(error) ? null : problemOf(error, app) });
    }
  }
  channel?.close().catch(() => undefined);
  return outcomes;
}

/** The words for a stream with which RabbitMQ is stuck. */
export function noAnswer(app: string): string {
  return `RabbitMQ gives no answer for the stream of ${app}`;
}

function problemOf(error: unknown, app: string): string {
  if (codeOf(error) === 403) return `RabbitMQ doesn't allow to read the stream of ${app}`;
  if (/replica on the local node/.test(messageOf(error)))
    return `the node of RabbitMQ that we are connected to has no replica of the stream of ${app}; add one there`;
  return `RabbitMQ can't give the stream of ${app}: ${messageOf(error)}`;
}
