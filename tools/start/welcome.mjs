/**
 * What is printed when everything runs.
 */

/** @import { Api } from './api-client.mjs' */

/** Apps whose addresses are listed; more would push the rest off the screen. */
const LISTED_APPS = 5;

/**
 * @param {Api} api
 * @param {string} publishedOn host name under which published ports are reached
 * @returns {Promise<string>} where everything is found
 */
export async function addresses(api, publishedOn) {
  const { items, next_cursor } = await api.apps();
  const rows = [
    ['api', api.base],
    ['Swagger UI', api.docs],
  ];
  for (const { app_name } of items.slice(0, LISTED_APPS)) {
    const status = await api.status(app_name);
    for (const { name, ports } of status?.containers ?? []) {
      for (const { host_port } of ports) rows.push([name, `http://${publishedOn}:${host_port}`]);
    }
  }
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const count = `${items.length}${next_cursor ? ' or more' : ''} ${items.length === 1 ? 'app' : 'apps'}`;
  const lines = rows.map(([name = '', url = '']) => `  ${name.padEnd(width)}  ${url}`);
  return [`Nebula is running with ${count}.`, ...lines].join('\n');
}

/**
 * @param {Api} api
 * @returns {string} four commands to copy, each under a line that says what it does
 */
export function commandsToTry(api) {
  const app = `${api.base}/apps/hello`;
  /** @param {object} change */
  const patch = (change) =>
    `curl -sS -X PATCH ${app} -H 'content-type: application/merge-patch+json' -d '${JSON.stringify(change)}'`;
  return [
    'Four things to try:',
    '  # change the environment: both replicas are replaced, and greet in another way',
    `  ${patch({ env_vars: { GREETING: 'Good morning' } })}`,
    '  # change the image: both replicas are replaced, and answer as version 2',
    `  ${patch({ docker_image: 'nebula-hello:2' })}`,
    '  # scale: a third replica starts, the others are not touched',
    `  ${patch({ containers_per: { server: 3 } })}`,
    '  # restart: every replica is made anew',
    `  curl -sS -X POST ${app}/restart`,
  ].join('\n');
}

export const HOW_TO_END =
  'Ctrl-C ends api and worker; the containers keep running. "npm run down" removes them.';
