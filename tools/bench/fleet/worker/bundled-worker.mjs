/**
 * The worker as one file, run as on a server of its own.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleService } from '../../../bundle/bundle-service.mjs';
import { freePorts } from '../../../services/free-port.mjs';
import { startProgram } from '../../idle/program.mjs';
import { answering } from './answering.mjs';

/** @import { RabbitOptions } from '@nebula/messaging' */
/** @import { Engine } from '../../running/bench.mjs' */
/** @import { Program } from '../../idle/program.mjs' */
/** @import { FleetBench } from '../fleet-bench.mjs' */

export class BundledWorker {
  #bench;
  #file;
  #environment;

  /**
   * @param {FleetBench} bench
   * @param {string} file
   * @param {Record<string, string>} environment
   */
  constructor(bench, file, environment) {
    this.#bench = bench;
    this.#file = file;
    this.#environment = environment;
  }

  /**
   * @param {FleetBench & Engine} bench
   * @param {{ scope: string, app: string, rabbit: RabbitOptions }} worker
   * @returns {Promise<BundledWorker>} that doesn't run yet
   */
  static async make(bench, { scope, app, rabbit }) {
    const file = await bundleService('worker', bench.folder);
    const state = join(bench.folder, 'worker');
    await mkdir(state, { mode: 0o700 });
    const [port = 0] = await freePorts(1);
    return new BundledWorker(bench, file, {
      APP_NAME: app,
      WORKER_ID: 'bench',
      SCOPE: scope,
      STATE_DIR: state,
      DOCKER_HOST: bench.dockerHost,
      RABBIT_HOST: rabbit.hosts.join(),
      RABBIT_USER: rabbit.user,
      RABBIT_PASSWORD: rabbit.password,
      RABBIT_VHOST: rabbit.vhost,
      WORKER_PORT: String(port),
      LOG_LEVEL: 'warn',
    });
  }

  async start() {
    return await startProgram(this.#bench, 'bundled worker', [this.#file], this.#environment);
  }

  /** @param {Program} program @returns {Promise<number>} when it said that nothing is missing */
  async ready(program) {
    const url = `http://127.0.0.1:${this.#environment['WORKER_PORT']}/readyz`;
    await answering(url, program, this.#bench.stopping);
    return performance.now();
  }
}
