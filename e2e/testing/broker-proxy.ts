import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * `open` passes everything on, `cut` drops every connection and each new one, `silent` keeps them and passes nothing
 * on, as a network does that swallows all packets.
 */
type Mode = 'open' | 'cut' | 'silent';

/** Stands between one service and its broker, to take them apart. */
export class BrokerProxy {
  private mode: Mode = 'open';
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** @param target `host:port` */
  static async start(target: string): Promise<BrokerProxy> {
    const [host = '', port] = target.split(':');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BrokerProxy(server, { host, port: Number(port) });
  }

  /** `host:port` for the service. */
  get address(): string {
    const address = this.server.address();
    if (typeof address !== 'object' || !address) throw new Error('the proxy has no port');
    return `127.0.0.1:${address.port}`;
  }

  cut(): void {
    this.mode = 'cut';
    for (const socket of this.sockets) socket.destroy();
  }

  silence(): void {
    this.mode = 'silent';
    for (const socket of this.sockets) socket.pause();
  }

  heal(): void {
    this.mode = 'open';
    for (const socket of this.sockets) socket.resume();
  }

  async end(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    if (this.mode === 'cut') {
      client.destroy();
      return;
    }
    const broker = connect(this.target);
    this.passOn(client, broker);
    this.passOn(broker, client);
  }

  private passOn(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (to.write(chunk)) return;
      from.pause();
      to.once('drain', () => {
        if (this.mode !== 'silent') from.resume();
      });
    });
    from.on('end', () => to.end());
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    if (this.mode === 'silent') from.pause();
  }
}
