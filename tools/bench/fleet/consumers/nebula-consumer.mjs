/**
 * A worker without Docker: its side of the feed, and, once it is asked to, its heartbeats.
 */
import { PATTERNS } from '@nebula/contracts';
import { BrokerConnection, RabbitDesiredStateStrategy, RabbitReportPublisher } from '@nebula/messaging';
import { Logger } from '@nestjs/common';
import { INTERVAL_SECONDS } from '../reports/reported-messages.mjs';

/** @import { WorkerMessage } from '@nebula/contracts' */
/** @import { RabbitOptions } from '@nebula/messaging' */

/**
 * @typedef {object} NebulaConsumer
 * @property {() => Promise<void>} close
 * @property {(heartbeat: () => WorkerMessage) => void} beginHeartbeats sends a heartbeat now and at the intervals of a worker
 */

// That each of thousands has connected or lost its connection is no news here.
Logger.overrideLogger(['error', 'fatal']);

/**
 * @param {RabbitOptions} rabbit
 * @param {readonly string[]} apps that it follows
 * @param {(app: string, revision: number) => void} take
 * @returns {NebulaConsumer}
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
  /** @type {RabbitReportPublisher | null} */
  let reports = null;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  return {
    beginHeartbeats: (heartbeat) => {
      const publisher = new RabbitReportPublisher(connection, rabbit.user);
      const beat = () => {
        publisher.publish(heartbeat());
        timer = setTimeout(beat, jitteredMs());
      };
      reports = publisher;
      publisher.publish(heartbeat());
      // A fleet's workers have not all started in one moment.
      timer = setTimeout(beat, Math.random() * INTERVAL_SECONDS * 1000);
    },
    close: async () => {
      clearTimeout(timer);
      await reports?.close();
      await strategy.close();
      await connection.close();
    },
  };
}

/** Between two heartbeats of a worker: they are spread over the interval. */
function jitteredMs() {
  return INTERVAL_SECONDS * 1000 * (0.9 + Math.random() / 5);
}
