/**
 * Passes everything on to the Docker Engine and counts what is asked, so that a worker's calls are seen from
 * outside.
 */
import { Agent, createServer, request } from 'node:http';
import { join } from 'node:path';

/** @import { IncomingMessage, RequestOptions, Server, ServerResponse } from 'node:http' */

const READS = ['GET', 'HEAD'];

export class CountingProxy {
  /** Its address, as DOCKER_HOST has it. */
  dockerHost;
  /** @type {Map<string, number>} how often, by method and route */
  #calls = new Map();
  #server;
  #upstream;
  #agent = new Agent({ keepAlive: true });

  /**
   * @param {Server} server
   * @param {string} socketPath
   * @param {string} dockerHost of the engine
   */
  constructor(server, socketPath, dockerHost) {
    this.dockerHost = `unix://${socketPath}`;
    this.#server = server;
    this.#upstream = addressOf(dockerHost);
    server.on('request', (incoming, outgoing) => this.#pass(incoming, outgoing));
  }

  /**
   * @param {string} dockerHost of the engine
   * @param {string} folder for the socket; a short path, since a socket's is at most 107 bytes long
   */
  static async open(dockerHost, folder) {
    const socketPath = join(folder, 'engine.sock');
    // An event stream may be quiet for as long as it likes.
    const server = createServer({ requestTimeout: 0 });
    const proxy = new CountingProxy(server, socketPath, dockerHost);
    await new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, () => resolve(undefined));
    });
    return proxy;
  }

  /** Counts from zero again. */
  reset() {
    this.#calls.clear();
  }

  /** @returns {Record<string, number>} by method and route, by name */
  counts() {
    return Object.fromEntries([...this.#calls].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** @returns {number} calls that may change something */
  writes() {
    return [...this.#calls]
      .filter(([call]) => !READS.some((method) => call.startsWith(`${method} `)))
      .reduce((sum, [, count]) => sum + count, 0);
  }

  async close() {
    const closed = new Promise((resolve) => {
      this.#server.close(() => resolve(undefined));
    });
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} outgoing
   */
  #pass(incoming, outgoing) {
    const call = `${incoming.method} ${routeOf(incoming.url ?? '/')}`;
    this.#calls.set(call, (this.#calls.get(call) ?? 0) + 1);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const onward = request({ ...this.#upstream, agent: this.#agent, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      // The headers of an event stream come long before its first event.
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}

/**
 * @param {string} dockerHost
 * @returns {RequestOptions}
 */
function addressOf(dockerHost) {
  const url = new URL(dockerHost);
  if (url.protocol === 'unix:') return { socketPath: decodeURIComponent(url.pathname) };
  return { host: url.hostname, port: url.port || 2375 };
}

/**
 * A request's path without the api's version, the query, and the name or id of the thing.
 * @param {string} url
 * @returns {string}
 */
function routeOf(url) {
  const [path = ''] = url.replace(/^\/v\d+\.\d+/, '').split('?');
  return path
    .replace(/^\/(containers|networks)\/(?!json$|create$|prune$)[^/]+/, '/$1/{id}')
    .replace(/^\/images\/(?!json$|create$|prune$).+?(\/(json|tag|push|history))?$/, '/images/{name}$1');
}
