/**
 * The api of Nebula, as far as a load balancer needs it.
 */
import { containerPorts } from './haproxy-config.mjs';

/** @import { App } from './haproxy-config.mjs' */

/** Milliseconds. */
const LIMIT = 10_000;

/** How many revisions are looked through for the ports of before. */
const LOOKED_THROUGH = 50;

export class Api {
  /**
   * @param {string} url
   * @param {string | undefined} token of a user who may read the app and change the load balancer
   */
  constructor(url, token) {
    this.url = `${url.replace(/\/$/, '')}/api/v3`;
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /**
   * The app as it is, and as it was before its container ports were last changed.
   *
   * @param {string} name
   * @returns {Promise<App>}
   * @throws {Error} with what the api answers
   */
  async app(name) {
    const path = `/apps/${encodeURIComponent(name)}`;
    const app = /** @type {App & { revision: number }} */ (await this.#ask('GET', path));
    return { ...app, before: await this.#before(path, app) };
  }

  /**
   * Creates or changes apps where they differ.
   *
   * @param {readonly object[]} apps
   * @returns {Promise<{ app_name: string, result: string, revision?: number }[]>}
   * @throws {Error} with what the api answers, also when one of them could not be changed
   */
  async apply(apps) {
    const { items } = /** @type {{ items: Applied[] }} */ (await this.#ask('POST', '/apply', { apps }));
    const failed = items.find(({ result }) => result === 'failed');
    if (failed) throw new Error(`${failed.app_name}: ${failed.problem?.detail ?? 'it could not be changed'}`);
    return items;
  }

  /**
   * @param {string} path of the app
   * @param {App & { revision: number }} app
   * @returns {Promise<App | null>}
   */
  async #before(path, app) {
    const now = String(containerPorts(app));
    const answer = await this.#ask('GET', `${path}/revisions?limit=${LOOKED_THROUGH}`);
    const { items } = /** @type {{ items: { revision: number }[] }} */ (answer);
    for (const { revision } of items.filter((item) => item.revision < app.revision)) {
      const { spec } = /** @type {{ spec: App | null }} */ (
        await this.#ask('GET', `${path}/revisions/${revision}`)
      );
      if (spec && String(containerPorts(spec)) !== now) return spec;
    }
    return null;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<unknown>}
   */
  async #ask(method, path, body) {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...this.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(LIMIT),
    });
    if (answer.ok) return await answer.json();
    const { detail, title } = /** @type {{ detail?: string, title?: string }} */ (
      await answer.json().catch(() => ({}))
    );
    throw new Error(
      `${method} ${path}: the api answers ${answer.status}, ${detail ?? title ?? 'without a reason'}`,
    );
  }
}

/** @typedef {{ app_name: string, result: string, revision?: number, problem?: { detail?: string } }} Applied */
