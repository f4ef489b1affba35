import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../testing/eventually.js';
import { LogLines } from '../testing/log-lines.js';
import { BrokerConnection } from './broker-connection.js';
import { RabbitFeed } from './rabbit-feed.js';
import { RareLog } from './rare-log.js';
import type { RabbitOptions } from './rabbit-options.js';
import { RabbitReportStrategy } from './reports/rabbit-report-strategy.js';

/** What stands where a broker should be. */
class Impostor {
  /** When each connection came, by the monotonic clock, milliseconds. */
  readonly arrivals: number[] = [];
  readonly sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  static async start(greet: (socket: Socket) => void): Promise<Impostor> {
    const impostor: Impostor = new Impostor(
      createServer((socket) => {
        impostor.arrivals.push(performance.now());
        impostor.sockets.add(socket);
        socket.on('close', () => impostor.sockets.delete(socket));
        socket.on('error', () => undefined);
        socket.resume();
        greet(socket);
      }),
    );
    await new Promise<void>((resolve) => impostor.server.listen(0, '127.0.0.1', resolve));
    impostors.push(impostor);
    return impostor;
  }

  get host(): string {
    const address = this.server.address();
    return typeof address === 'object' && address ? `127.0.0.1:${address.port}` : '';
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const impostors: Impostor[] = [];
const connections: BrokerConnection[] = [];
const log = new LogLines();

beforeEach(() => log.start());

afterEach(async () => {
  jest.restoreAllMocks();
  for (const connection of connections.splice(0)) await connection.close();
  for (const impostor of impostors.splice(0)) await impostor.stop();
  log.stop();
});

const silent = () => undefined;
const hangUp = (socket: Socket) => void socket.destroy();

function optionsFor(nodes: readonly Impostor[], changes: Partial<RabbitOptions> = {}): RabbitOptions {
  return {
    ...{ hosts: nodes.map(({ host }) => host), port: 1, user: 'nebula', password: 'hunter2', vhost: '/' },
    ...{ heartbeat_seconds: 10, connection_name: 'test', reconnect: { first_ms: 1, longest_ms: 1 } },
    ...changes,
  };
}

function connectionTo(nodes: readonly Impostor[], changes: Partial<RabbitOptions> = {}): BrokerConnection {
  const connection = new BrokerConnection(optionsFor(nodes, changes), CONNECT_LIMIT_MS);
  connections.push(connection);
  return connection;
}

const CONNECT_LIMIT_MS = 300;
const NEVER = { first_ms: 3_600_000, longest_ms: 3_600_000 };

/** The waits of all timers from now on that are neither over nor cancelled, milliseconds. */
function timersFromNow(): ReadonlyMap<unknown, number> {
  const waits = new Map<unknown, number>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const spied = (callback: () => void, ms = 0) => {
    const timer = set(() => {
      waits.delete(timer);
      callback();
    }, ms);
    waits.set(timer, ms);
    return timer;
  };
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(spied);
  jest.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    waits.delete(timer);
    clear(timer);
  });
  return waits;
}

describe('an attempt', () => {
  it('ends in time where nobody answers, with its socket, and the next one begins', async () => {
    const node = await Impostor.start(silent);
    const connection = connectionTo([node]);
    connection.start();
    await eventually(() => expect(node.arrivals.length).toBeGreaterThan(2));
    expect(connection.problem()).toBe(
      `RabbitMQ at ${node.host} can't be reached: connecting took longer than 0.3 s`,
    );
    await eventually(() => expect(node.sockets.size).toBeLessThan(2));
    expect(log.problems("can't be reached")).toHaveLength(1);
  });

  it('ends in time also by TLS, and where something trickles in', async () => {
    const node = await Impostor.start((socket) => {
      const timer = setInterval(() => socket.write('\u0001'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const silence = await Impostor.start(silent);
    for (const [server, ssl] of [
      [silence, { verify: false }],
      [node, undefined],
    ] as const) {
      const connection = connectionTo([server], ssl ? { ssl } : {});
      connection.start();
      await eventually(() => expect(server.arrivals.length).toBeGreaterThan(1));
      await connection.close();
      await eventually(() => expect(server.sockets.size).toBe(0));
    }
  });

  it('goes to all nodes at once, and the wait comes after the last of them', async () => {
    const nodes = await Promise.all([0, 1, 2].map(() => Impostor.start(hangUp)));
    const connection = connectionTo(nodes, { reconnect: NEVER });
    connection.start();
    await eventually(() => {
      for (const { arrivals } of nodes) expect(arrivals).toHaveLength(1);
    });
    await eventually(() => expect(log.problems("can't be reached")).toHaveLength(3));
    for (const { arrivals } of nodes) expect(arrivals).toHaveLength(1);
  });

  it('waits longer each time, as long as chance lets it', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const node = await Impostor.start(hangUp);
    const connection = connectionTo([node], { reconnect: { first_ms: 20, longest_ms: 80 } });
    connection.start();
    await eventually(() => expect(node.arrivals.length).toBeGreaterThan(5));
    const gaps = node.arrivals.slice(1).map((at, n) => at - (node.arrivals[n] ?? 0));
    for (const [n, ms] of [20, 40, 80, 80].entries()) expect(gaps[n]).toBeGreaterThan(ms - 2);
  });

  it('of any kind waits no longer than it is told', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    const options = { reconnect: { longest_ms: 10 } };
    const [worker, feed, reports] = await Promise.all([0, 1, 2].map(() => Impostor.start(hangUp)));
    if (!worker || !feed || !reports) throw new Error('a server is missing');
    connectionTo([worker], options).start();
    const started = [
      new RabbitFeed({ region: 'eu', ...optionsFor([feed], options) }),
      new RabbitReportStrategy(optionsFor([reports], options)),
    ] as const;
    started[1].listen(() => undefined);
    // At its usual waits none of them would get so far.
    for (const { arrivals } of [worker, feed, reports])
      await eventually(() => expect(arrivals.length).toBeGreaterThan(10), 3_000);
    for (const each of started) await each.close();
  });

  it('fails for one reason that connections of one program tell together, and others each for itself', async () => {
    const node = await Impostor.start(hangUp);
    const told = new RareLog();
    const together = [connectionTo([node], { told }), connectionTo([node], { told })];
    for (const connection of together) connection.start();
    await eventually(() => expect(node.arrivals.length).toBeGreaterThan(10));
    for (const connection of together) expect(connection.problem()).toContain(node.host);
    // How a socket ends is told in one way or another.
    const twice = () => log.problems(node.host).filter((line, index, all) => all.indexOf(line) !== index);
    expect(log.problems(node.host)).not.toEqual([]);
    expect(twice()).toEqual([]);
    connectionTo([node]).start();
    await eventually(() => expect(twice()).not.toEqual([]));
  });

  it('says nothing of the password', async () => {
    const node = await Impostor.start((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const connection = connectionTo([node]);
    connection.start();
    await eventually(() => expect(node.arrivals.length).toBeGreaterThan(3));
    expect(connection.problem()).toContain("can't be reached");
    expect(log.text + connection.problem()).not.toContain('hunter2');
  });
});

describe('the end', () => {
  it.each<[string, (node: Impostor, connection: BrokerConnection) => Promise<unknown>, object]>([
    ['before the start', async () => undefined, {}],
    ['at the start', async (_node, connection) => connection.start(), {}],
    [
      'during an attempt',
      async (node, connection) => {
        connection.start();
        await eventually(() => expect(node.sockets.size).toBe(1));
      },
      {},
    ],
    [
      'during a wait',
      async (node, connection) => {
        connection.start();
        await eventually(() => expect(connection.problem()).toContain('took longer'));
        await eventually(() => expect(node.sockets.size).toBe(0));
      },
      { reconnect: NEVER },
    ],
  ])('comes at once %s, and leaves nothing', async (_when, reach, changes) => {
    const node = await Impostor.start(silent);
    const timers = timersFromNow();
    const connection = connectionTo([node], changes);
    await reach(node, connection);
    const begin = performance.now();
    await Promise.all([connection.close(), connection.close()]);
    expect(performance.now() - begin).toBeLessThan(5_000);
    expect([...timers.values()]).toEqual([]);
    await eventually(() => expect(node.sockets.size).toBe(0));
    expect(connection.problem()).toBe('the connection to RabbitMQ is closed');
    await expect(connection.openChannel()).rejects.toThrow('the connection to RabbitMQ is closed');
  });
});
