/**
 * The api in a process of its own, and the requests that are made to it.
 */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { Child } from '../../running/child.mjs';
import { FOLLOWED_APP } from '../consumers/followed-app.mjs';

/** @import { Surroundings } from '../../running/bench.mjs' */
/** @import { ApiInput, ApiQuestion, Counts } from './api-process.mjs' */

/**
 * When the last request arrived in the api, what it changed was written, and the broker has confirmed it.
 * @typedef {{ arrived_at: number, written_at: number, at: number }} Confirmed
 */

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 300_000;

const UNAVAILABLE = 503;

export class OwnApi {
  #child;
  #url;
  #agent = new Agent({ keepAlive: true, noDelay: true });

  /**
   * @param {Child} child
   * @param {string} url
   */
  constructor(child, url) {
    this.#child = child;
    this.#url = url;
  }

  /** Where it listens, without a path. */
  get url() {
    return this.#url;
  }

  /**
   * @param {Surroundings} bench
   * @param {ApiInput} options
   * @returns {Promise<OwnApi>} that listens
   */
  static async start(bench, options) {
    const child = Child.start(bench, join(import.meta.dirname, 'api-process.mjs'), options);
    const { url } = /** @type {{ url: string }} */ (await child.ask(null, START_LIMIT_MS));
    return new OwnApi(child, url);
  }

  /**
   * One request on a connection that is kept. Node's own client, as what it costs is in the figures.
   * @param {string} method
   * @param {string} path behind the prefix
   * @param {object} [body]
   * @returns {Promise<unknown>} the answer
   * @throws {Error} when it isn't a good one
   */
  async call(method, path, body) {
    const { status, answer } = await this.#send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${answer}`);
    return /** @type {unknown} */ (JSON.parse(answer));
  }

  /**
   * A request that the api may be unable to serve, as when its database takes too long.
   * @param {string} path behind the prefix
   * @returns {Promise<unknown>} the answer; null when it is unavailable
   * @throws {Error} when it isn't one of these
   */
  async tryGet(path) {
    const { status, answer } = await this.#send('GET', path);
    if (status === UNAVAILABLE) return null;
    if (status >= 300) throw new Error(`GET ${path} was answered with ${status}: ${answer}`);
    return /** @type {unknown} */ (JSON.parse(answer));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<{ status: number, answer: string }>}
   */
  async #send(method, path, body) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return await new Promise((resolve, reject) => {
      const sent = request(
        `${this.#url}/api/v3${path}`,
        { method, agent: this.#agent, headers: text === undefined ? {} : { 'content-type': type } },
        (response) => {
          let received = '';
          response.setEncoding('utf8').on('data', (/** @type {string} */ part) => {
            received += part;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, answer: received }));
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /**
   * @param {number} revision of the app that was changed last
   * @param {string} app
   * @returns {Promise<Confirmed>} by the shared clock
   */
  async confirmed(revision, app = FOLLOWED_APP) {
    return /** @type {Confirmed} */ (await this.#ask({ ask: 'confirmed', app, revision }));
  }

  /** Resolves when so many streams were read since the last reset. @param {number} count */
  async reads(count) {
    await this.#ask({ ask: 'reads', count });
  }

  /** @returns {Promise<Counts>} since the last reset */
  async counts() {
    return /** @type {Counts} */ (await this.#ask({ ask: 'counts' }));
  }

  async reset() {
    await this.#ask({ ask: 'reset' });
  }

  async stop() {
    this.#agent.destroy();
    await this.#child.stop();
  }

  /** @param {ApiQuestion} question */
  async #ask(question) {
    return await this.#child.ask(question, ANSWER_LIMIT_MS);
  }
}
