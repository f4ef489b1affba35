/**
 * Ports for services of tests and benchmarks, which are bound some seconds after they were chosen.
 *
 * The system hands out ports above these to outgoing connections, and to whoever listens on port 0, so none of those can
 * come in between. Processes that run beside each other nearly
 * always have different ones, for the same reason.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Above 10,080, which no browser and no `fetch` asks. */
const FIRST = 11_000;
/** All end below the ports that tests and benchmarks use by number, and far below 32,768, from where Linux hands out ports. */
const PROCESSES = 64;
const PORTS_OF_PROCESS = 100;

const own = FIRST + (process.pid % PROCESSES) * PORTS_OF_PROCESS;
// In turn, so that none comes again soon. Each file of tests begins anew, and the one before may just have ended.
let turn = randomInt(PORTS_OF_PROCESS);

/**
 * @param {number} count
 * @returns {Promise<number[]>} different ports on which nothing listens at the moment, on any address of IPv4
 * @throws {Error} when there are not so many
 */
export async function freePorts(count) {
  /** @type {number[]} */
  const ports = [];
  for (let tried = 0; ports.length < count; tried += 1) {
    if (tried === PORTS_OF_PROCESS)
      throw new Error(`no ${count} ports are free between ${own} and ${own + PORTS_OF_PROCESS - 1}`);
    const port = own + turn;
    turn = (turn + 1) % PORTS_OF_PROCESS;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

/** @returns {Promise<number>} one of them */
export async function freePort() {
  const [port = 0] = await freePorts(1);
  return port;
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer().listen({ port, host: '0.0.0.0', exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
