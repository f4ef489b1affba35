/**
 * A client of the Docker Engine at an address as DOCKER_HOST has it.
 */
import Docker from 'dockerode';

/**
 * @param {string} host `unix:///path` or `tcp://name:port`
 * @returns {Docker}
 */
export function dockerAt(host) {
  const url = new URL(host);
  if (url.protocol === 'unix:') return new Docker({ socketPath: decodeURIComponent(url.pathname) });
  return new Docker({ protocol: 'http', host: url.hostname, port: url.port || 2375 });
}

/**
 * @param {unknown} error
 * @returns {number | undefined} the engine's HTTP status, undefined when it didn't answer
 */
export function statusOf(error) {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

/**
 * @param {string} host as for `dockerAt`
 * @returns {string} host name under which ports that containers publish are reached
 */
export function publishedOn(host) {
  const { protocol, hostname } = new URL(host);
  return protocol === 'unix:' ? '127.0.0.1' : hostname;
}
