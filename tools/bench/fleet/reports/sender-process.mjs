/**
 * Sends what all workers of a fleet would, over one connection: the way behind the broker is what is measured.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { answerQuestions, input, tell } from '../../api/question.mjs';
import { rawConnection } from '../broker/raw-connection.mjs';
import { heartbeatOf, INTERVAL_SECONDS, reportOf } from './reported-messages.mjs';

/** @import { WorkerMessage } from '@nebula/contracts' */
/** @import { RabbitOptions } from '@nebula/messaging' */

/**
 * `introduce`: a report and a heartbeat of each worker, as fast as they go. `beat`: for so many seconds, heartbeats at
 * the rate of the whole fleet, one worker after the other.
 * @typedef {{ do: 'introduce' } | { do: 'beat', seconds: number }} SenderQuestion
 */

/** The way of the reports, as `setup-broker` makes it. */
const EXCHANGE = 'nebula.reports';
const ROUTING_KEY = 'report';

/** So many are sent before they have to be confirmed. */
const WINDOW = 200;
const TICK_MS = 100;

/** @type {{ rabbit: RabbitOptions, workers: number, app: string }} */
const { rabbit, workers, app } = input();
const boot = randomUUID();
const connection = await rawConnection(rabbit);
const channel = await connection.createConfirmChannel();
let sequence = 0;
let next = 0;

answerQuestions((/** @type {SenderQuestion} */ question) =>
  question.do === 'introduce' ? introduce() : beat(question.seconds),
);
tell('ready');

/** @returns {Promise<number>} messages that were sent */
async function introduce() {
  for (let index = 0; index < workers; index += 1) {
    send(reportOf(index, (sequence += 1), boot, app));
    send(heartbeatOf(index, (sequence += 1), boot, app));
    if (index % WINDOW === 0) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  return 2 * workers;
}

/** @param {number} seconds @returns {Promise<number>} messages that were sent */
async function beat(seconds) {
  const begin = performance.now();
  const total = Math.floor((workers / INTERVAL_SECONDS) * seconds);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, ((performance.now() - begin) / 1000 / seconds) * total);
    for (; sent < due; sent += 1) {
      send(heartbeatOf(next, (sequence += 1), boot, app));
      next = (next + 1) % workers;
    }
    await pause(TICK_MS);
  }
  await channel.waitForConfirms();
  return total;
}

/** @param {WorkerMessage} message */
function send(message) {
  channel.publish(EXCHANGE, ROUTING_KEY, Buffer.from(JSON.stringify(message)), {
    persistent: false,
    contentType: 'application/json',
    userId: rabbit.user,
  });
}
