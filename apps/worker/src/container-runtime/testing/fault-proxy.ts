import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerAddress } from '../docker/docker-address.js';

/** One request as it arrives. */
export interface EngineRequest {
  method: string;
  /** Path without the api's version, the query, and the name or id of the thing: `/containers/{id}/start`. */
  route: string;
  /** With them. */
  url: string;
  /** Requests before it. */
  before: number;
}

/**
 * What becomes of a request. `delay`: it is passed on after so many milliseconds. `status`: the engine isn't asked, and this
 * is the answer. `cut`: the engine does it, and its answer ends in the middle. `lost`: the engine does it, and the
 * connection closes without an answer. `silent`: the answer begins and says nothing more, as of a stream in which nothing
 * happens. `hang`: the engine isn't asked, and nobody ever answers. `refuse`: the connection closes at once.
 */
export type Fault =
  | { kind: 'delay'; ms: number }
  | { kind: 'status'; status: number }
  | { kind: Loss | 'hang' | 'refuse' };

/** What is lost of an answer. */
type Loss = 'cut' | 'lost' | 'silent';

/** A unix socket in front of an engine's, which passes everything on, counts it, and fails as it is told to. */
export class FaultProxy {
  /** Every request, in order, as `GET /containers/json`. */
  readonly requests: string[] = [];
  /** Asked about each request; null lets it pass. */
  fault: (asked: EngineRequest) => Fault | null = () => null;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly sockets = new Set<Socket>();
  private readonly streams = new Set<Socket>();

  private constructor(
    private readonly engineHost: string,
    private readonly server: Server,
    private readonly folder: string,
  ) {
    server.on('request', (incoming, outgoing) => this.receive(incoming, outgoing));
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.streams.delete(socket);
      });
    });
  }

  /** @param engineHost address of the engine */
  static async open(engineHost: string): Promise<FaultProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'nb-'));
    // An event stream may be quiet for as long as it likes.
    const server = createServer({ requestTimeout: 0 });
    const proxy = new FaultProxy(engineHost, server, folder);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(proxy.path, resolve);
    });
    return proxy;
  }

  private get path(): string {
    return join(this.folder, 'engine.sock');
  }

  /** Its address, as DOCKER_HOST has it. */
  get host(): string {
    return `unix://${this.path}`;
  }

  /** Requests since the last call of `forget` that may change something. */
  get writes(): string[] {
    return this.requests.filter((call) => !/^(GET|HEAD) /.test(call));
  }

  forget(): void {
    this.requests.length = 0;
  }

  /** Cuts every open stream of events. */
  breakStreams(): void {
    for (const socket of this.streams) socket.destroy();
  }

  /** Cuts every connection, whatever is under way on it. */
  breakAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.breakAll();
    this.agent.destroy();
    await closed;
    await rm(this.folder, { recursive: true, force: true });
  }

  private receive(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/' } = incoming;
    const route = routeOf(url);
    const fault = this.fault({ method, route, url, before: this.requests.length });
    this.requests.push(`${method} ${route}`);
    if (route === '/events') this.streams.add(incoming.socket);
    switch (fault?.kind) {
      case 'refuse':
        incoming.socket.destroy();
        break;
      case 'hang':
        incoming.resume();
        break;
      case 'status':
        incoming.resume();
        outgoing.writeHead(fault.status, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify({ message: `fault ${fault.status} on purpose` }));
        break;
      case 'delay': {
        const timer = setTimeout(() => this.pass(incoming, outgoing, null), fault.ms);
        // Whoever doesn't wait for the answer has asked all the same.
        timer.unref();
        break;
      }
      case 'cut':
      case 'lost':
      case 'silent':
        this.pass(incoming, outgoing, fault.kind);
        break;
      case undefined:
        this.pass(incoming, outgoing, null);
    }
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse, loss: Loss | null): void {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const upstream = { ...dockerAddress(this.engineHost), agent: this.agent, method, path, headers };
    const onward = request(upstream, (answer) => {
      if (loss === 'lost') {
        answer.resume().once('end', () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      // The headers of an event stream come long before its first event.
      outgoing.flushHeaders();
      if (loss === null) {
        answer.pipe(outgoing);
        return;
      }
      if (loss === 'silent') {
        answer.resume();
        return;
      }
      answer.once('data', (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => outgoing.destroy());
      });
      answer.once('end', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    // An engine goes on with a change whose caller is gone; a stream of events ends.
    if (routeOf(path) === '/events') outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}

function routeOf(url: string): string {
  const [path = ''] = url.replace(/^\/v\d+\.\d+/, '').split('?');
  return path
    .replace(/^\/(containers|networks)\/(?!json$|create$|prune$)[^/]+/, '/$1/{id}')
    .replace(/^\/images\/(?!json$|create$|prune$).+?(\/(json|tag|push|history))?$/, '/images/{name}$1');
}
