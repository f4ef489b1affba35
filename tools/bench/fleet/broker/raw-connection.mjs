/**
 * A connection by the client library alone.
 */
import { connect } from 'amqplib';

/** @import { RabbitOptions } from '@nebula/messaging' */

/** @param {RabbitOptions} rabbit */
export async function rawConnection({ hosts, user, password, vhost, heartbeat_seconds }) {
  const [hostname = '', port] = (hosts[0] ?? '').split(':');
  return await connect(
    { hostname, port: Number(port), username: user, password, vhost, heartbeat: heartbeat_seconds },
    // Without it each confirmation waits for TCP.
    { noDelay: true },
  );
}
