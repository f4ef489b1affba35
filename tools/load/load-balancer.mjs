/**
 * The load balancer of deploy/haproxy in front of an app, as its users run it.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** @import Docker from 'dockerode' */

const run = promisify(execFile);

const PROGRAM = join(import.meta.dirname, '..', '..', 'deploy', 'haproxy', 'load-balancer.mjs');

/** Of a request that a replica has answered HAProxy says `----`, of other things that it does nothing of this form. */
const ANSWERED = / [-c]--- \d/;

export class LoadBalancer {
  #options;

  /**
   * @param {object} options
   * @param {string} options.api `http://host:port`
   * @param {string} options.app in front of which it stands
   * @param {number} options.port of the server, on which it is asked
   * @param {string} options.image with HAProxy
   * @param {boolean} [options.isTcp] whether connections are passed on as they are
   */
  constructor({ api, app, port, image, isTcp = false }) {
    const where = ['--api', api, '--publish', String(port), '--check-path', '/'];
    this.#options = [...where, ...(isTcp ? ['--tcp', String(port)] : []), '--image', image, app];
  }

  /** @returns {Promise<object>} the document for `POST /apply` */
  async document() {
    const { stdout } = await run(process.execPath, [PROGRAM, 'print', ...this.#options]);
    return /** @type {object} */ (JSON.parse(stdout));
  }

  /**
   * Has it follow the app, looking each second.
   * @returns {() => Promise<void>} ends that
   */
  follow() {
    const args = [PROGRAM, 'follow', '--interval', '1', ...this.#options];
    const follower = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = once(follower, 'close');
    return async () => {
      follower.kill('SIGTERM');
      await ended;
    };
  }
}

/**
 * @param {Docker} docker
 * @param {string} scope
 * @param {string} app the load balancer's
 * @returns {Promise<string[]>} the lines that HAProxy has written
 */
export async function linesOfProxy(docker, scope, app) {
  const filters = { label: [`nebula.scope=${scope}`], name: [`^/${app}-1$`] };
  const [proxy] = await docker.listContainers({ all: true, filters });
  if (!proxy) throw new Error('There is no load balancer.');
  const log = await docker.getContainer(proxy.Id).logs({ stdout: true, stderr: true });
  return log.toString().split('\n');
}

/**
 * @param {readonly string[]} lines of HAProxy
 * @returns {string[]} those that tell of something else than a request that a replica has answered
 */
export function unusualLines(lines) {
  return lines.filter((text) => !ANSWERED.test(text));
}
