/**
 * The few calls of the api that the start makes.
 */

/**
 * @typedef {object} AppStatus what of an app's status is used here
 * @property {string} state
 * @property {{ name: string, state: string, ports: { host_port: number }[] }[]} containers
 * @property {{ step: string, message: string } | null} last_error
 */

/**
 * @typedef {{ app_name: string, docker_image: string }} AppSummary
 * @typedef {ReturnType<typeof apiAt>} Api
 */

/** @typedef {import('@nebula/standalone').AskInit} AskInit */

/**
 * @param {string} url of the process, without a slash at the end
 * @param {(path: string, init?: AskInit) => Promise<Response>} [ask] asks it, by a path; over the network when absent
 */
export function apiAt(url, ask = (path, init) => fetch(`${url}${path}`, init)) {
  const base = `${url}/api/v3`;

  /**
   * @param {string} path
   * @param {AskInit} [init]
   * @returns {Promise<unknown>}
   */
  async function call(path, init) {
    const response = await ask(`/api/v3${path}`, init);
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${init?.method ?? 'GET'} ${path} was answered with ${response.status}: ${text}`);
    return /** @type {unknown} */ (JSON.parse(text));
  }

  return {
    base,
    docs: `${url}/docs`,

    /** @returns {Promise<{ items: AppSummary[], next_cursor: string | null }>} */
    async apps() {
      return /** @type {{ items: AppSummary[], next_cursor: string | null }} */ (
        await call('/apps?limit=100')
      );
    },

    /** @param {object} spec */
    async create(spec) {
      await call('/apps', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(spec),
      });
    },

    /**
     * What the only worker says about an app.
     * @param {string} app
     * @returns {Promise<AppStatus | null>} null when it has said nothing yet
     */
    async status(app) {
      const { workers } = /** @type {{ workers: AppStatus[] }} */ (await call(`/apps/${app}/status`));
      return workers[0] ?? null;
    },
  };
}
