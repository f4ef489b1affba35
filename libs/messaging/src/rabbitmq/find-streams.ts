import type { Channel } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { codeOf, messageOf } from './error-facts.js';
import { consumeStream, isMissing } from './streams.js';
import { TimeLimitError } from './within.js';

/** Whether the stream of an app can be read; `problem` is null when it is only missing. */
export type StreamOutcome = 'found' | { problem: string | null };

/**
 * Tries to read the streams of apps, on channels of its own: each that can't be read ends one.
 *
 * @throws {Error} when the connection is lost, or RabbitMQ gives no answer
 */
export async function findStreams(
  connection: BrokerConnection,
  apps: readonly string[],
): Promise<Map<string, StreamOutcome>> {
  const outcomes = new Map<string, StreamOutcome>();
  let channel: Channel | null = null;
  for (const app of apps) {
    channel ??= await connection.openChannel((opened) => opened.prefetch(1));
    try {
      // From behind the last message, so that nothing is sent.
      const consuming = consumeStream(channel, app, 'next', () => undefined);
      await connection.answered(`looking for the stream of ${app}`, consuming);
      outcomes.set(app, 'found');
    } catch (error) {
      // It has ended but for an answer that is late, with which it would read on.
      channel.close().catch(() => undefined);
      channel = null;
      if (!connection.isOpen || error instanceof TimeLimitError) throw error;
      outcomes.set(app, { problem: isMissing(error) ? null : problemOf(error, app) });
    }
  }
  channel?.close().catch(() => undefined);
  return outcomes;
}

function problemOf(error: unknown, app: string): string {
  if (codeOf(error) === 403) return `RabbitMQ doesn't allow to read the stream of ${app}`;
  if (/replica on the local node/.test(messageOf(error)))
    return `the node of RabbitMQ that we are connected to has no replica of the stream of ${app}; add one there`;
  return `RabbitMQ can't give the stream of ${app}: ${messageOf(error)}`;
}
