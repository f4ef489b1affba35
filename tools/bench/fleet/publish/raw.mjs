/**
 * The bare operations that a change is made of.
 */
import { join } from 'node:path';
import { Child } from '../../running/child.mjs';
import { FOLLOWED_APP } from '../consumers/followed-app.mjs';

/** @import { StoreOptions } from '@nebula/api' */
/** @import { RabbitOptions } from '@nebula/messaging' */
/** @import { FleetBench } from '../fleet-bench.mjs' */
/** @import { RawAnswer, RawQuestion } from './raw-process.mjs' */

const LIMIT_MS = 60_000;

export class Raw {
  #child;

  /** @param {Child} child */
  constructor(child) {
    this.#child = child;
  }

  /**
   * @param {FleetBench} bench
   * @param {RabbitOptions} rabbit of the api's user
   * @param {StoreOptions} store empty
   * @returns {Promise<Raw>}
   */
  static async start(bench, rabbit, store) {
    const input = { rabbit, store };
    const child = Child.start(bench, join(import.meta.dirname, 'raw-process.mjs'), input);
    await child.ask(null, LIMIT_MS);
    return new Raw(child);
  }

  /** Appends a message to the stream of an app. @param {number} revision */
  async append(revision, app = FOLLOWED_APP) {
    return await this.#ask({ do: 'append', revision, app });
  }

  /** Writes the next revision into a database of its own. */
  async write() {
    return await this.#ask({ do: 'write' });
  }

  async stop() {
    await this.#child.stop();
  }

  /** @param {RawQuestion} question */
  async #ask(question) {
    return /** @type {RawAnswer} */ (await this.#child.ask(question, LIMIT_MS));
  }
}
