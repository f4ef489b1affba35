/**
 * The few calls of the api with which an app is changed, each of which waits until its worker runs the change.
 */
import { until } from '../running/until.mjs';

/** Of one change of some replicas, on a machine that does other things as well. Milliseconds. */
const CHANGE_LIMIT_MS = 180_000;

/** Of one question to the api, seconds. */
const WAIT_SECONDS = 5;

/** @typedef {{ app_name: string, revision: number }} Accepted */

export class ChangedApp {
  #base;
  #name;
  #stopping;

  /**
   * @param {string} url of the api
   * @param {string} name
   * @param {AbortSignal} stopping
   */
  constructor(url, name, stopping) {
    this.#base = `${url}/api/v3`;
    this.#name = name;
    this.#stopping = stopping;
  }

  /** @param {object} spec */
  async create(spec) {
    await this.#accepted('POST', '/apps', spec);
  }

  /** @param {object} patch */
  async change(patch) {
    await this.#accepted('PATCH', `/apps/${this.#name}`, patch);
  }

  /** @param {'roll' | 'restart'} action */
  async act(action) {
    await this.#accepted('POST', `/apps/${this.#name}/${action}`);
  }

  /**
   * Applies apps that stand beside it.
   * @param {object} document as of `POST /apply`
   */
  async apply(document) {
    const { items } = /** @type {{ items: Accepted[] }} */ (await this.#ask('POST', '/apply', document));
    for (const item of items) await this.#converged(item);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async #accepted(method, path, body) {
    await this.#converged(/** @type {Accepted} */ (await this.#ask(method, path, body)));
  }

  /** @param {Accepted} accepted */
  async #converged({ app_name, revision }) {
    await until(
      `${app_name} has converged on revision ${revision}`,
      async () => {
        const path = `/apps/${app_name}/wait?timeout=${WAIT_SECONDS}`;
        const waited = /** @type {{ outcome: string, revision: number }} */ (await this.#ask('GET', path));
        return waited.outcome === 'converged' && waited.revision === revision;
      },
      { limitMs: CHANGE_LIMIT_MS, stopping: this.#stopping },
    );
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<unknown>}
   */
  async #ask(method, path, body) {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return /** @type {unknown} */ (JSON.parse(text));
  }
}
