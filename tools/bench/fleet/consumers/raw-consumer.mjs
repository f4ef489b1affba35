/**
 * The least that a consumer of a stream can do, with the client library alone.
 */
import { streamName } from '@nebula/contracts';
import { rawConnection } from '../broker/raw-connection.mjs';

/** @import { RabbitOptions } from '@nebula/messaging' */

/** As our own consumers have it. */
const PREFETCH = 100;

/** @type {(text: string) => { revision: number }} */
const parse = JSON.parse;

/**
 * @param {RabbitOptions} rabbit
 * @param {string} app
 * @param {(revision: number) => void} take
 * @returns {Promise<{ close: () => Promise<void> }>}
 */
export async function rawConsumer(rabbit, app, take) {
  const connection = await rawConnection(rabbit);
  const channel = await connection.createChannel();
  await channel.prefetch(PREFETCH);
  await channel.consume(
    streamName(app),
    (message) => {
      if (!message) return;
      channel.ack(message);
      take(parse(message.content.toString()).revision);
    },
    { arguments: { 'x-stream-offset': 'last' } },
  );
  return { close: () => connection.close() };
}
