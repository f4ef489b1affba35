/**
 * Looks for a Docker Engine that answers.
 */
import { isNativeError } from 'node:util/types';
import { engineRequest } from './engine-api.mjs';

/** Where the machine's own engine listens. */
export const USUAL_SOCKET = '/var/run/docker.sock';

/** A local engine answers at once; one behind a network may take a moment. */
const PING_LIMIT_MS = 5_000;

/**
 * @typedef {{ found: true, host: string, version: string }} FoundEngine
 * @typedef {{ found: false, host: string, reason: string }} MissingEngine
 */

/**
 * @param {string} host `unix:///path` or `tcp://name:port`
 * @returns {Promise<FoundEngine | MissingEngine>}
 */
export async function pingEngine(host) {
  try {
    const { status, text } = await engineRequest(host, 'GET', '/version', { limitMs: PING_LIMIT_MS });
    if (status !== 200) return { found: false, host, reason: `it answers with ${status}: ${text.trim()}` };
    const { Version } = parseVersion(text);
    if (!Version) return { found: false, host, reason: 'what answers there is not a Docker Engine' };
    return { found: true, host, version: Version };
  } catch (error) {
    return { found: false, host, reason: reasonOf(error, host) };
  }
}

/** @type {(text: string) => { Version?: string }} */
const parseVersion = JSON.parse;

/**
 * The engine at DOCKER_HOST if that is set, else the one at the usual socket.
 * @param {{ dockerHost?: string | undefined, socket?: string }} [where]
 * @returns {Promise<FoundEngine | MissingEngine>}
 */
export async function findEngine({ dockerHost = process.env['DOCKER_HOST'], socket = USUAL_SOCKET } = {}) {
  return pingEngine(dockerHost || `unix://${socket}`);
}

/**
 * @param {unknown} error
 * @param {string} host
 */
function reasonOf(error, host) {
  if (isNativeError(error) && error.name === 'SyntaxError')
    return 'what answers there is not a Docker Engine';
  const code = isNativeError(error) && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'EACCES') return `this user may not use it; add it to the group docker, or run as root`;
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  return isNativeError(error) ? error.message : `${host}: ${String(error)}`;
}
