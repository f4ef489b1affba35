/**
 * The Docker Engine's HTTP API with nothing but Node, since it is used right after a clone.
 */
import { request } from 'node:http';
import { isNativeError } from 'node:util/types';

/**
 * @typedef {object} EngineAnswer
 * @property {number} status
 * @property {string} text
 */

/**
 * @param {string} host `unix:///path` or `tcp://name:port`
 * @returns {{ socketPath: string } | { host: string, port: string }}
 * @throws {Error} when it has another form
 */
export function engineAddress(host) {
  if (/^unix:\/\/\/./.test(host)) return { socketPath: host.slice('unix://'.length) };
  const url = URL.canParse(host) ? new URL(host) : null;
  if (url?.protocol !== 'tcp:' || url.hostname === '') {
    throw new Error(
      `the address of the Docker Engine is ${host} but must be unix:///path or tcp://name:port`,
    );
  }
  return { host: url.hostname, port: url.port || '2375' };
}

/**
 * @param {string} host as for `engineAddress`
 * @param {string} method
 * @param {string} path
 * @param {object} [options]
 * @param {Buffer} [options.tar] the body
 * @param {Record<string, string>} [options.headers]
 * @param {number} [options.limitMs] longest time without a sign of life
 * @returns {Promise<EngineAnswer>} any status
 * @throws {Error} when nobody answers
 */
export function engineRequest(host, method, path, { tar, headers, limitMs = 60_000 } = {}) {
  return new Promise((resolve, reject) => {
    const call = request({
      ...engineAddress(host),
      method,
      path,
      headers: {
        ...(tar ? { 'content-type': 'application/x-tar' } : {}),
        // An engine that may close ends the connection as soon as it has answered. On a busy machine that is before
        // Node's last, empty write, which then fails, and the answer is lost.
        connection: 'keep-alive',
        ...headers,
      },
      agent: false,
    });
    call.setTimeout(limitMs, () => call.destroy(new Error(`no answer within ${limitMs / 1000} s`)));
    call.on('error', reject);
    call.on('response', (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (/** @type {Buffer} */ chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        call.destroy();
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    call.end(tar);
  });
}

/**
 * A call that must succeed, also where the engine fails after it has begun to answer with 200.
 * @param {Parameters<typeof engineRequest>} call
 * @returns {Promise<string>} the text of the answer
 * @throws {Error} with the engine's own words
 */
export async function engineDo(...call) {
  const what = `${call[1]} ${call[2].split('?')[0]}`;
  const { status, text } = await engineRequest(...call).catch((error) => {
    throw new Error(`${what} at ${call[0]}: ${isNativeError(error) ? error.message : error}`, {
      cause: error,
    });
  });
  const problem = status >= 400 ? text : problemIn(text);
  if (problem !== null) throw new Error(`${what}: ${status} ${problem.trim()}`);
  return text;
}

/** @param {string} text JSON lines, or anything else */
function problemIn(text) {
  const line = text.split('\n').find((candidate) => candidate.startsWith('{"error'));
  return line ?? null;
}
