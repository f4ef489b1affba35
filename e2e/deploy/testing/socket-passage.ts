import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A socket of another name that leads to an engine's, and can be removed and made anew as the engine's own can. */
export class SocketPassage {
  private server: Server | null = null;
  private readonly open = new Set<Socket>();

  /** @param path of the socket that it makes */
  constructor(
    private readonly engine: string,
    readonly path: string,
  ) {}

  async start(): Promise<void> {
    const server = createServer((client) => {
      const behind = connect(this.engine);
      for (const [socket, other] of [
        [client, behind],
        [behind, client],
      ] as const) {
        this.open.add(socket);
        socket.pipe(other);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.open.delete(socket);
          other.destroy();
        });
      }
    }).listen(this.path);
    this.server = server;
    await once(server, 'listening');
  }

  /** Breaks all connections off, and removes the file. */
  async end(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.close();
    for (const socket of this.open) socket.destroy();
    await once(server, 'close');
  }
}
