/**
 * The api of Nebula, as far as a load balancer needs it.
 */
import { containerPorts } from './haproxy-config.mjs';

/** @import { App } from './haproxy-config.mjs' */

/** Milliseconds. */
const LIMIT = 10_000;

/** How many revisions are looked through for the ports of before. */
const LOOKED_THROUGH = 50;

/**
 * @typedef {object} Looked what is known of the revisions of an app. A revision never changes, so none is read twice
 * @property {string} version of the app; nothing is asked while it stays
 * @property {App | null} before
 * @property {Map<string, App | null>} specs those that were looked through, without those that are out of reach by now
 */

export class Api {
  /** @type {Map<string, Looked>} by app */
  #looked = new Map();

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
    const app = /** @type {Answered} */ (await this.#ask('GET', path));
    return { ...app, before: await this.#before(path, app) };
  }

  /**
   * The variables of an app and its revision, null when there is no such app.
   *
   * @param {string} name
   * @returns {Promise<{ revision: number, env_vars: Record<string, string> } | null>}
   * @throws {Error} with what the api answers
   */
  async variables(name) {
    try {
      const app = await this.#ask('GET', `/apps/${encodeURIComponent(name)}`);
      return /** @type {{ revision: number, env_vars: Record<string, string> }} */ (app);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * Changes variables of an app, and nothing else of it.
   *
   * @param {string} name
   * @param {Record<string, string>} env_vars
   * @returns {Promise<{ revision: number }>} the revision stays where nothing differs
   * @throws {Error} with what the api answers
   */
  async setVariables(name, env_vars) {
    const answer = await this.#ask('PATCH', `/apps/${encodeURIComponent(name)}`, { env_vars });
    return /** @type {{ revision: number }} */ (answer);
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
   * It follows from the revisions that the api has, never from what was seen of them before: two that follow an app must
   * come to the same.
   *
   * @param {string} path of the app
   * @param {Answered} app
   * @returns {Promise<App | null>}
   */
  async #before(path, app) {
    const known = this.#looked.get(path);
    const version = `${app.revision} ${app.updated_at}`;
    if (known?.version === version) return known.before;
    const now = String(containerPorts(app));
    const answer = await this.#ask('GET', `${path}/revisions?limit=${LOOKED_THROUGH}`);
    const { items } = /** @type {{ items: { revision: number, changed_at: string }[] }} */ (answer);
    const earlier = items.filter((item) => item.revision < app.revision);
    // With its time, since a database that was put back makes other revisions of the same numbers.
    const keys = new Map(earlier.map(({ revision, changed_at }) => [`${revision} ${changed_at}`, revision]));
    const specs = new Map([...(known?.specs ?? [])].filter(([key]) => keys.has(key)));
    const before = await this.#differing(path, { keys, specs, now });
    this.#looked.set(path, { version, before, specs });
    return before;
  }

  /**
   * The newest revision with other ports than `now`.
   *
   * @param {string} path of the app
   * @param {{ keys: Map<string, number>, specs: Map<string, App | null>, now: string }} query what is read is added to
   *   `specs`
   * @returns {Promise<App | null>}
   */
  async #differing(path, { keys, specs, now }) {
    for (const [key, revision] of keys) {
      if (!specs.has(key)) specs.set(key, await this.#specOf(path, revision));
      const spec = specs.get(key);
      if (spec && String(containerPorts(spec)) !== now) return spec;
    }
    return null;
  }

  /**
   * @param {string} path of the app
   * @param {number} revision
   * @returns {Promise<App | null>} null of one that deleted the app
   */
  async #specOf(path, revision) {
    const answer = await this.#ask('GET', `${path}/revisions/${revision}`);
    return /** @type {{ spec: App | null }} */ (answer).spec;
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
    throw new Refusal(
      answer.status,
      `${method} ${path}: the api answers ${answer.status}, ${detail ?? title ?? 'without a reason'}`,
    );
  }
}

/** What the api answers in place of what was asked for. */
class Refusal extends Error {
  /**
   * @param {number} status of HTTP
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @typedef {App & { revision: number, updated_at: string }} Answered */
/** @typedef {{ app_name: string, result: string, revision?: number, problem?: { detail?: string } }} Applied */
