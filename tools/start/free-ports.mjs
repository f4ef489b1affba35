/**
 * Finds host ports for the example app.
 */
import { createServer } from 'node:net';

/** @import Docker from 'dockerode' */

const LAST_PORT = 65_535;

/**
 * The first of `count` neighbouring free ports, from `wanted` up.
 * @param {number} wanted
 * @param {number} count
 * @param {(port: number) => Promise<boolean>} isTaken
 * @returns {Promise<number>}
 */
export async function freePorts(wanted, count, isTaken) {
  let first = wanted;
  for (let port = first; port < first + count; port += 1) {
    if (port > LAST_PORT) throw new Error(`no ${count} neighbouring ports are free from ${wanted} up`);
    if (await isTaken(port)) first = port + 1;
  }
  return first;
}

/**
 * Whether a container of this engine publishes a port, stopped ones included since they can come back, or
 * another program of this machine listens on it.
 * @param {Docker} docker
 * @returns {Promise<(port: number) => Promise<boolean>>}
 */
export async function portsInUse(docker) {
  const containers = await docker.listContainers({ all: true });
  const bindings = await Promise.all(
    containers.map(async ({ Id }) => {
      const { HostConfig } = await docker.getContainer(Id).inspect();
      const published = /** @type {Record<string, { HostPort?: string }[] | null>} */ (
        HostConfig.PortBindings ?? {}
      );
      return Object.values(published).flatMap((entries) =>
        (entries ?? []).map(({ HostPort }) => Number(HostPort)),
      );
    }),
  );
  const published = new Set(bindings.flat());
  return async (port) => published.has(port) || (await listens(port));
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} whether the port can't be had on all addresses of this machine
 */
function listens(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(false)));
  });
}
