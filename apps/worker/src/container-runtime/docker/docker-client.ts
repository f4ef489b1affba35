import type { Agent } from 'node:http';
import Docker from 'dockerode';
import { dockerAddress } from './docker-address.js';
import { unavailable, toRuntimeError } from './docker-errors.js';
import { TerseAgent } from './terse-agent.js';

/** dockerode opens a socket per parallel call and keeps it: so many are enough for every runner of a worker. */
const MOST_SOCKETS = 32;

/** A free socket is closed after this time, milliseconds: well before the engine closes it under a request. */
const KEEP_FREE_MS = 30_000;

/**
 * The connection to one engine. Every failure leaves as a `RuntimeError`, and no call waits without a limit:
 * dockerode has none, and never comes back at all when the engine dies in the middle of an answer.
 */
export class DockerClient {
  private readonly agents: [calls: Agent, streams: Agent];
  private readonly calls: Docker;
  private readonly streams: Docker;

  /**
   * @param host `unix:///path` or `tcp://name:port`.
   * @param limitFactor makes every time limit longer or shorter; tests don't want to wait.
   * @throws {Error} when the address has another form.
   */
  constructor(
    readonly host: string,
    private readonly limitFactor = 1,
  ) {
    const address = dockerAddress(host);
    const calls = new TerseAgent({ keepAlive: true, maxSockets: MOST_SOCKETS, timeout: KEEP_FREE_MS });
    // Pulls and events stay open for long, so they take no socket from the calls.
    const streams = new TerseAgent({ keepAlive: false });
    this.agents = [calls, streams];
    this.calls = connect(address, calls);
    this.streams = connect(address, streams);
  }

  /**
   * A call with an answer.
   *
   * @param seconds its time limit, waiting for a socket included.
   * @throws {RuntimeError}
   */
  async ask<T>(seconds: number, call: (docker: Docker, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.limited(seconds, (signal) => call(this.calls, signal));
  }

  /**
   * A call whose answer is a stream, or that must not wait for a socket. The limit covers the time until the
   * answer begins.
   *
   * @throws {RuntimeError}
   */
  async open<T>(seconds: number, call: (docker: Docker, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.limited(seconds, (signal) => call(this.streams, signal));
  }

  /**
   * A reading call for which dockerode has a method that can't be ended. A call that goes on after its limit keeps its
   * socket, and an engine that hangs would soon have all of them.
   *
   * @param path with the query.
   * @throws {RuntimeError}
   */
  async read(seconds: number, path: string): Promise<unknown> {
    return await this.dial(seconds, { path, method: 'GET', statusCodes: { 200: true, 404: 'missing' } });
  }

  /**
   * A changing call of which dockerode's method doesn't hand on the whole answer. The body stays out of the address, where
   * dockerode repeats it by default, with all its secrets.
   *
   * @throws {RuntimeError}
   */
  async post(seconds: number, path: string, query: Record<string, string>, body: object): Promise<unknown> {
    const options = { _query: query, _body: body };
    return await this.dial(seconds, {
      path: `${path}?`,
      method: 'POST',
      options,
      statusCodes: { 200: true, 201: true },
    });
  }

  private async dial(seconds: number, request: object): Promise<unknown> {
    return await this.ask(seconds, async (docker, abortSignal) => {
      const { modem } = docker as { modem: Modem };
      return await new Promise<unknown>((resolve, reject) => {
        modem.dial({ ...request, abortSignal }, (error, answer) => (error ? reject(error) : resolve(answer)));
      });
    });
  }

  /** Closes every connection. */
  close(): void {
    for (const agent of this.agents) agent.destroy();
  }

  private async limited<T>(seconds: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => {
          reject(unavailable(this.host, `no answer within ${seconds} s`));
          limit.abort();
        },
        seconds * 1000 * this.limitFactor,
      );
    });
    try {
      return await Promise.race([call(limit.signal), over]);
    } catch (error) {
      throw toRuntimeError(error, this.host);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The part of dockerode below its methods. */
interface Modem {
  dial(request: object, done: (error: Error | null, answer: unknown) => void): void;
}

function connect(address: ReturnType<typeof dockerAddress>, agent: Agent): Docker {
  // Whatever dockerode would take out of the environment is given here, since the configuration alone decides.
  const options = { ...address, protocol: 'http' as const, pathPrefix: '/', timeout: 0, headers: {}, agent };
  return new Docker(options);
}
