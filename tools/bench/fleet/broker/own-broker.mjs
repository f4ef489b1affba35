/**
 * A RabbitMQ of our own, set up as a fleet's is.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setupBroker } from '@nebula/messaging';
import { brokerOf, startBroker } from '../../../services/rabbitmq.mjs';
import { processorSeconds } from '../../idle/process-figures.mjs';
import { until } from '../../running/until.mjs';

/** @import { RabbitOptions } from '@nebula/messaging' */
/** @import { Broker } from '../../../services/rabbitmq.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

const VHOST = 'nebula';
const API_USER = 'nebula-api';
const WORKER_USER = 'nebula-worker';

/** Statistics of connections that have ended stay for a while, and this is longer. Milliseconds. */
const EMPTY_LIMIT_MS = 120_000;

/** For thousands of connections, milliseconds. */
const DROP_LIMIT_MS = 180_000;

/** Time in which a broker frees what connections had, milliseconds. */
const SETTLE_MS = 3_000;

/**
 * @param {FleetBench} bench
 * @returns {Promise<OwnBroker>}
 */
export async function startOwnBroker({ folder, cleanUp, stopping, say }) {
  say('  starting a broker …');
  const path = join(folder, `rabbitmq-${randomBytes(2).toString('hex')}`);
  // Also what a start that is cut short has begun.
  cleanUp.add('broker', async () => brokerOf(path)?.remove());
  const broker = await startBroker({ folder: path, say });
  stopping.throwIfAborted();
  const { user, password } = broker.admin;
  const passwords = { api: randomBytes(12).toString('hex'), worker: randomBytes(12).toString('hex') };
  await setupBroker(
    {
      management: { url: broker.managementUrls[0] ?? '', user, password },
      vhost: VHOST,
      api: { user: API_USER, password: passwords.api },
      workers: [{ user: WORKER_USER, password: passwords.worker }],
      report_interval_seconds: 60,
    },
    () => undefined,
  );
  return new OwnBroker(broker, passwords, stopping);
}

export class OwnBroker {
  #broker;
  #passwords;
  #stopping;

  /**
   * @param {Broker} broker
   * @param {{ api: string, worker: string }} passwords
   * @param {AbortSignal} stopping
   */
  constructor(broker, passwords, stopping) {
    this.#broker = broker;
    this.#passwords = passwords;
    this.#stopping = stopping;
  }

  /**
   * How one of the two kinds of user reaches it, with the waits between two attempts that a fleet has.
   * @param {'api' | 'worker'} who
   * @returns {RabbitOptions}
   */
  options(who) {
    return {
      hosts: this.#broker.hosts,
      port: 5672,
      user: who === 'api' ? API_USER : WORKER_USER,
      password: this.#passwords[who],
      vhost: VHOST,
      heartbeat_seconds: 60,
      connection_name: `bench ${who}`,
    };
  }

  /** @returns {Promise<number>} MB that its process has resident, when it has settled */
  async memory() {
    await pause(SETTLE_MS, undefined, { signal: this.#stopping });
    return (await this.#broker.memory()).resident / 1_000_000;
  }

  /** @returns {Promise<number>} seconds of processor time since its start */
  async processorSeconds() {
    return await processorSeconds(this.#broker.pid() ?? 0);
  }

  /** Ends all connections of workers, one after the other as fast as the broker can. */
  async dropWorkers() {
    const path = `/api/connections/username/${WORKER_USER}`;
    await this.#broker.manage('DELETE', path, undefined, 0, DROP_LIMIT_MS);
  }

  /** @param {string} queue @returns {Promise<number>} messages that wait in it, as of some seconds ago */
  async waitingIn(queue) {
    const text = await this.#broker.manage('GET', `/api/queues/${VHOST}/${queue}?columns=messages`);
    /** @type {(text: string) => { messages?: number }} */
    const parse = JSON.parse;
    return parse(text).messages ?? 0;
  }

  /** @param {string} queue */
  async drained(queue) {
    await until(`the queue ${queue} is empty`, async () => (await this.waitingIn(queue)) === 0, {
      limitMs: EMPTY_LIMIT_MS,
      everyMs: 500,
      stopping: this.#stopping,
    });
  }
}
