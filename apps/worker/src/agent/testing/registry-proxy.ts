import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** An answer that is larger is that of a layer; manifests and configurations are smaller, bytes. */
const LARGE = 200_000;

/** A private registry as an engine sees it: passes every request on to the real one, counts it, and can hold or stall it. */
export class RegistryProxy {
  /** Every request, in order, as `GET /v2/shop/manifests/1`. */
  readonly requests: string[] = [];
  /** Layers stand still in the middle, each for as long as its connection lasts. */
  stalls = false;
  /** Requests for manifests are passed on only when this has resolved. */
  gate: Promise<void> = Promise.resolve();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly behind: number,
  ) {
    server.on('request', (incoming, outgoing) => void this.pass(incoming, outgoing));
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket.on('error', () => undefined));
    });
  }

  /**
   * @param port of 127.0.0.1 that it listens on
   * @param behind port of the registry
   */
  static async open(port: number, behind: number): Promise<RegistryProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return new RegistryProxy(server, behind);
  }

  /** Names of the images that were asked for by a tag, as often as they were. */
  get manifests(): string[] {
    return this.requests.flatMap(
      (line) => /^(?:GET|HEAD) \/v2\/(.+)\/manifests\/(?!sha256:)/.exec(line)?.[1] ?? [],
    );
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    this.requests.push(`${method} ${path}`);
    if (path.includes('/manifests/')) await this.gate;
    const onward = request({ host: '127.0.0.1', port: this.behind, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      const isStalled = this.stalls && Number(answer.headers['content-length'] ?? 0) > LARGE;
      if (!isStalled) answer.pipe(outgoing);
      else answer.once('data', (chunk: Buffer) => outgoing.write(chunk) && answer.pause());
      outgoing.once('close', () => answer.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }
}
