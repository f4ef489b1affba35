/**
 * The baseline: the same containers through the Docker API alone, with nothing of Nebula between.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LABELS } from '@nebula/contracts';
import pLimit from 'p-limit';
import { inParallel } from '../running/in-parallel.mjs';
import { CONTAINER_PORT } from './bench-image.mjs';
import { removeOwnThings } from './removal.mjs';

/** @import { Bench } from '../running/bench.mjs' */

/**
 * @typedef {object} Replica
 * @property {number} number from 1
 * @property {string} id of its container, empty when there is none
 */

export class RawContainers {
  /** Their own scope: no worker touches them, and removal by scope finds them. */
  scope;
  #bench;
  #firstPort;
  #network;
  /** @type {Replica[]} */
  #replicas;
  #generation = 0;

  /**
   * @param {Bench} bench
   * @param {number} firstPort replica n publishes `firstPort` + n - 1
   */
  constructor(bench, firstPort) {
    this.#bench = bench;
    this.#firstPort = firstPort;
    this.scope = `bench-${bench.run}-raw`;
    this.#network = `nebula-bench-${bench.run}`;
    this.#replicas = Array.from({ length: bench.settings.containers }, (_, index) => ({
      number: index + 1,
      id: '',
    }));
  }

  /** Makes a user bridge network like the one that the worker's containers join. */
  async prepare() {
    const { docker, cleanUp } = this.#bench;
    cleanUp.add('containers and network of the raw API', () => removeOwnThings(docker, this.scope));
    await docker.createNetwork({
      Name: this.#network,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { [LABELS.scope]: this.scope },
    });
  }

  /**
   * Creates and starts all.
   * @param {string} image
   * @param {number} parallelism
   * @returns {Promise<number>} seconds
   */
  async startAll(image, parallelism) {
    this.#generation += 1;
    return this.#timed(parallelism, async (replica) => {
      replica.id = await this.#create(replica.number, image);
      await this.#container(replica.id).start();
    });
  }

  /**
   * Replaces all: create, stop the old, start the new, remove the old.
   * @param {string} image
   * @param {number} parallelism
   * @returns {Promise<number>} seconds
   */
  async replaceAll(image, parallelism) {
    this.#generation += 1;
    return this.#timed(parallelism, async (replica) => {
      const old = replica.id;
      replica.id = await this.#create(replica.number, image);
      await this.#container(old).stop();
      await this.#container(replica.id).start();
      await this.#container(old).remove({ v: true });
    });
  }

  /**
   * Replaces all, of which so many are away at once at most: one is away from before its stop until its new container
   * has run for a while.
   * @param {string} image
   * @param {number} parallelism engine calls at the same time
   * @param {{ maxUnavailable: number, minReadySeconds: number }} update
   * @returns {Promise<number>} seconds
   */
  async rollAll(image, parallelism, { maxUnavailable, minReadySeconds }) {
    this.#generation += 1;
    const calls = pLimit(parallelism);
    return this.#timed(maxUnavailable, async (replica) => {
      const old = replica.id;
      await calls(async () => {
        replica.id = await this.#create(replica.number, image);
        await this.#container(old).stop();
        await this.#container(replica.id).start();
      });
      const ready = sleep(minReadySeconds * 1000);
      await calls(() => this.#container(old).remove({ v: true }));
      await ready;
    });
  }

  /**
   * Stops and removes all, which is not measured.
   * @param {number} parallelism
   */
  async removeAll(parallelism) {
    await this.#timed(parallelism, async (replica) => {
      const { id } = replica;
      replica.id = '';
      await this.#container(id).stop();
      await this.#container(id).remove({ v: true });
    });
  }

  /**
   * @param {number} number
   * @param {string} image
   * @returns {Promise<string>} id
   */
  async #create(number, image) {
    const port = `${CONTAINER_PORT}/tcp`;
    const container = await this.#bench.docker.createContainer({
      name: `nebula-bench-${this.#bench.run}-raw-${number}-${this.#generation}`,
      Image: image,
      Labels: { [LABELS.scope]: this.scope, [LABELS.replica]: String(number) },
      ExposedPorts: { [port]: {} },
      HostConfig: {
        NetworkMode: this.#network,
        PortBindings: { [port]: [{ HostPort: String(this.#firstPort + number - 1) }] },
        RestartPolicy: { Name: 'always' },
      },
    });
    return container.id;
  }

  /** @param {string} id */
  #container(id) {
    return this.#bench.docker.getContainer(id);
  }

  /**
   * @param {number} parallelism
   * @param {(replica: Replica) => Promise<void>} task
   */
  async #timed(parallelism, task) {
    const begin = performance.now();
    await inParallel(this.#replicas, parallelism, task, this.#bench.stopping);
    return (performance.now() - begin) / 1000;
  }
}
