/**
 * A server in a process of its own that answers over HTTP, and tells what processor time it takes. It has all processors but
 * the one of who asks it.
 */
import { Child } from '../running/child.mjs';

/** @import { Bench } from '../running/bench.mjs' */

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 30_000;

export class Server {
  #process;

  /**
   * @param {Child} process
   * @param {string} url
   */
  constructor(process, url) {
    this.#process = process;
    this.url = url;
  }

  /**
   * @param {Bench} bench
   * @param {string} module path
   * @param {unknown} input
   */
  static async start(bench, module, input) {
    const process = Child.start(bench, module, input);
    const { url } = /** @type {{ url: string }} */ (await process.ask(null, START_LIMIT_MS));
    await process.keepApart('server');
    return new Server(process, url);
  }

  /** @returns {Promise<number>} what it has used of processors so far, in user and system mode, microseconds */
  async processorTime() {
    const used = /** @type {NodeJS.CpuUsage} */ (await this.#process.ask('cpu', ANSWER_LIMIT_MS));
    return used.user + used.system;
  }
}
