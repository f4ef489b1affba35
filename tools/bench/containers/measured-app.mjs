/**
 * The app that is measured with, as the api would publish it.
 */
import { messageContents, NO_TOKENS, parseAppSpec } from '@nebula/contracts';
import { CONTAINER_PORT } from './bench-image.mjs';

/** @import { AppSpec, UpdateSettings } from '@nebula/contracts' */
/** @import { DesiredStateFeed } from '@nebula/messaging' */
/** @import { Surroundings } from '../running/bench.mjs' */

export class MeasuredApp {
  name;
  /** Of the newest message. */
  revision = 0;
  #broker;
  #firstPort;
  #replicas;

  /**
   * @param {Pick<Surroundings, 'run'> & { settings: { containers: number } }} bench
   * @param {{ feed: DesiredStateFeed }} broker
   * @param {number} firstPort
   */
  constructor(bench, broker, firstPort) {
    this.name = `bench-${bench.run}`;
    this.#broker = broker;
    this.#firstPort = firstPort;
    this.#replicas = bench.settings.containers;
  }

  /**
   * @param {string} image
   * @param {UpdateSettings} [update]
   * @returns {Promise<number>} the revision
   */
  async publish(image, update = {}) {
    const input = { ...measuredInput(this.name, image, this.#firstPort, this.#replicas), update };
    return this.#publish(measuredSpec(input));
  }

  /**
   * Publishes the tombstone.
   * @returns {Promise<number>} its revision
   */
  async publishDeletion() {
    return this.#publish(null);
  }

  /** @param {AppSpec | null} spec */
  async #publish(spec) {
    this.revision += 1;
    await this.#broker.feed.publish({
      app_name: this.name,
      epoch: 1,
      revision: this.revision,
      issued_at: new Date().toISOString(),
      ...messageContents(spec, NO_TOKENS),
    });
    return this.revision;
  }
}

/**
 * @param {object} input
 * @returns {AppSpec}
 */
function measuredSpec(input) {
  const parsed = parseAppSpec(input);
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ pointer, message }) => `${pointer} ${message}`).join());
  return parsed.value;
}

/**
 * The app as a user of the api writes it: one published port for each replica.
 * @param {string} name
 * @param {string} image
 * @param {number} firstPort
 * @param {number} replicas
 */
export function measuredInput(name, image, firstPort, replicas) {
  return {
    app_name: name,
    docker_image: image,
    starting_ports: [{ [firstPort]: CONTAINER_PORT }],
    containers_per: { server: replicas },
  };
}
