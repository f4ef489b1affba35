import { randomUUID } from 'node:crypto';
import { streamName } from '@nebula/contracts';
import type { Channel } from 'amqplib';
import type { FeedFinding } from '../ports.js';
import type { BrokerConnection } from './broker-connection.js';
import { codeOf, messageOf } from './error-facts.js';
import { REPORTS_EXCHANGE, REPORTS_QUEUE } from './reports/reports-route.js';

const SET_UP = 'Run setup-broker with the users of apis and workers; what is right already stays.';

/**
 * Tries what the api's user has to be allowed, on a queue of this connection alone, which is removed again: its name is that
 * of the stream of an app that can't be, so the same rights hold for it.
 *
 * @throws {Error} when there is no connection
 */
export async function examineRights(connection: BrokerConnection): Promise<FeedFinding[]> {
  const queue = streamName(`.examined.${randomUUID()}`);
  const findings: FeedFinding[] = [];
  const may = async (right: string, act: (channel: Channel) => Promise<unknown>): Promise<boolean> => {
    const refused = await refusal(connection, act);
    if (refused !== null) findings.push({ problem: `The api may not ${right}: ${refused}.`, remedy: SET_UP });
    return refused === null;
  };
  const remove = () =>
    may('remove streams (configure on nebula.app.*)', (channel) => channel.deleteQueue(queue));
  const isMade = await may('declare streams (configure on nebula.app.*)', (channel) =>
    channel.assertQueue(queue, { exclusive: true, autoDelete: false }),
  );
  // Nothing can be tried on a queue that could not be made; one that was made is removed whatever comes.
  if (isMade) {
    try {
      await may('append to streams (write on amq.default)', async (channel) => {
        channel.sendToQueue(queue, Buffer.from('examined'));
        // A refusal ends the channel, which then answers nothing more.
        await channel.prefetch(1);
      });
      await may('read streams (read on nebula.app.*)', (channel) => channel.get(queue, { noAck: true }));
    } catch (error) {
      // Where that fails too, the first error says why, and the end of the connection removes the queue.
      await remove().catch(() => undefined);
      throw error;
    }
    await remove();
  }
  return [...findings, ...(await missing(connection))];
}

/**
 * What the way of reports needs. Whether the queue is bound to the exchange can't be tried: only workers may publish there.
 */
async function missing(connection: BrokerConnection): Promise<FeedFinding[]> {
  const needed: [string, (channel: Channel) => Promise<unknown>][] = [
    [`exchange ${REPORTS_EXCHANGE}`, (channel) => channel.checkExchange(REPORTS_EXCHANGE)],
    [`queue ${REPORTS_QUEUE}`, (channel) => channel.checkQueue(REPORTS_QUEUE)],
  ];
  const findings: FeedFinding[] = [];
  for (const [what, look] of needed)
    if ((await refusal(connection, look)) !== null)
      findings.push({ problem: `There is no ${what}, so workers can not report.`, remedy: SET_UP });
  return findings;
}

/** Null when it is allowed, else why it is not, in RabbitMQ's words. */
async function refusal(
  connection: BrokerConnection,
  act: (channel: Channel) => Promise<unknown>,
): Promise<string | null> {
  const channel = await connection.openChannel();
  try {
    await connection.answered('examining rights', act(channel));
    return null;
  } catch (error) {
    if (!connection.isOpen || (codeOf(error) !== 403 && codeOf(error) !== 404)) throw error;
    return /(?:ACCESS_REFUSED|NOT_FOUND) - ([^"]*)/.exec(messageOf(error))?.[1] ?? messageOf(error);
  } finally {
    channel.close().catch(() => undefined);
  }
}
