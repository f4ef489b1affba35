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
 * @param {string} app
 * @param {readonly string[]} others apps that it follows, too, and of which nobody is told
 * @param {(revision: number) => void} take
 * @returns {() => Promise<void>} ends it
 */
export function nebulaConsumer(rabbit, app, others, take) {
  const connection = new BrokerConnection(rabbit);
  const strategy = new RabbitDesiredStateStrategy(connection, [app, ...others]);
  strategy.addHandler(
    PATTERNS.desiredState,
    async (/** @type {{ app_name: string, revision: number }} */ { app_name, revision }) => {
      if (app_name === app) take(revision);
    },
    true,
  );
  strategy.listen(() => undefined);
  return async () => {
    await strategy.close();
    await connection.close();
  };
}
