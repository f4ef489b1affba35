/**
 * A worker's side of the feed, with nothing behind it: no Docker, no reports.
 */
import { PATTERNS } from '@nebula/contracts';
import { BrokerConnection, RabbitDesiredStateStrategy } from '@nebula/messaging';
import { Logger } from '@nestjs/common';

/** @import { RabbitOptions } from '@nebula/messaging' */

// That each of thousands has connected or lost its connection is no news here.
Logger.overrideLogger(['error', 'fatal']);

/**
 * @param {RabbitOptions} rabbit
 * @param {readonly string[]} apps that it follows
 * @param {(app: string, revision: number) => void} take
 * @returns {() => Promise<void>} ends it
 */
export function nebulaConsumer(rabbit, apps, take) {
  const connection = new BrokerConnection(rabbit);
  const strategy = new RabbitDesiredStateStrategy(connection, apps);
  strategy.addHandler(
    PATTERNS.desiredState,
    async (/** @type {{ app_name: string, revision: number }} */ { app_name, revision }) =>
      take(app_name, revision),
    true,
  );
  strategy.listen(() => undefined);
  return async () => {
    await strategy.close();
    await connection.close();
  };
}
