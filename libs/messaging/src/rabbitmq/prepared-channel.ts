import type { Channel } from 'amqplib';

/** Does what is to be done on a channel before it is used. */
export type Prepare<T> = (channel: T) => Promise<unknown>;

/**
 * A channel that is open when whoever asked for it goes on. All that RabbitMQ sends at once is handled before whoever
 * waits for the first of it goes on, so a channel may have ended with the answer to its opening, and who listens to its
 * end from then on would never be told.
 *
 * @param problem null while there is the connection that it is opened on, else what has become of that
 * @throws {Error} when it has ended, and whatever `opening` and `prepare` throw
 */
export async function prepared<T extends Channel>(
  opening: Promise<T>,
  problem: () => string | null,
  prepare?: Prepare<T>,
): Promise<T> {
  const channel = await opening;
  let isOpen = true;
  channel.on('close', () => {
    isOpen = false;
  });
  // Whoever waits for an answer on it gets the error, too. Without a listener it would end the process.
  channel.on('error', () => undefined);
  await prepare?.(channel);
  const reason = problem() ?? (isOpen ? null : 'RabbitMQ has ended the channel at once');
  if (reason !== null) throw new Error(reason);
  return channel;
}
