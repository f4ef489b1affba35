import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FrameSplitter } from './amqp-frames.js';
import { FalseConfirms } from './false-confirms.js';

/**
 * `open` passes everything on, `cut` drops every connection and each new one, `silent` keeps them and passes nothing
 * on, as a network does that swallows all packets. `holding` keeps for later what the service sends, also when the
 * service has ended by then. `lying` drops what the service publishes, and confirms it.
 */
type Mode = 'open' | 'cut' | 'silent' | 'holding' | 'lying';

/** Stands between one service and its broker, to take them apart. */
export class BrokerProxy {
  /** Connections that ever came. */
  accepted = 0;
  private mode: Mode = 'open';
  private readonly links = new Set<Link>();

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
    for (const link of this.links) link.end();
  }

  silence(): void {
    this.change('silent');
  }

  hold(): void {
    this.change('holding');
  }

  lie(): void {
    this.change('lying');
  }

  /** What was kept for later arrives now. */
  heal(): void {
    this.change('open');
  }

  /** What the service has sent and the broker has not got. */
  get held(): string {
    return [...this.links].map(({ heldText }) => heldText).join('');
  }

  async end(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private change(mode: Mode): void {
    this.mode = mode;
    for (const link of this.links) link.become(mode);
  }

  private accept(client: Socket): void {
    this.accepted += 1;
    if (this.mode === 'cut') {
      client.destroy();
      return;
    }
    const link: Link = new Link(client, connect(this.target), () => this.links.delete(link));
    this.links.add(link);
    link.become(this.mode);
  }
}

/** One connection of the service and the one to the broker that belongs to it. */
class Link {
  private readonly confirms = new FalseConfirms();
  private readonly held: Buffer[] = [];
  private isHolding = false;
  private isSilent = false;
  private clientEnded = false;

  constructor(
    private readonly client: Socket,
    private readonly broker: Socket,
    private readonly ended: () => void,
  ) {
    const fromClient = new FrameSplitter();
    const fromBroker = new FrameSplitter();
    client.on('data', (chunk: Buffer) => {
      for (const frame of fromClient.add(chunk)) {
        const { toBroker, toClient } = this.confirms.fromClient(frame);
        for (const { bytes } of toBroker) this.toBroker(bytes);
        for (const { bytes } of toClient) this.pass(bytes, broker, client);
      }
    });
    broker.on('data', (chunk: Buffer) => {
      for (const frame of fromBroker.add(chunk))
        this.pass(this.confirms.fromBroker(frame).bytes, broker, client);
    });
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', () => undefined);
      from.on('end', () => {
        if (from !== client || !this.isHolding) to.end();
      });
    }
    client.on('close', () => {
      this.clientEnded = true;
      if (!this.isHolding) this.end();
    });
    broker.on('close', () => this.end());
  }

  get heldText(): string {
    return Buffer.concat(this.held).toString('latin1');
  }

  become(mode: Mode): void {
    this.confirms.lying = mode === 'lying';
    this.isHolding = mode === 'holding';
    this.isSilent = mode === 'silent';
    for (const socket of [this.client, this.broker]) {
      if (this.isSilent) socket.pause();
      else socket.resume();
    }
    if (this.isHolding) return;
    for (const bytes of this.held.splice(0)) this.broker.write(bytes);
    // The broker reads to the end before it sees that the connection is over.
    if (this.clientEnded) this.broker.end();
  }

  end(): void {
    this.client.destroy();
    this.broker.destroy();
    this.ended();
  }

  private toBroker(bytes: Buffer): void {
    if (this.isHolding) this.held.push(bytes);
    else this.pass(bytes, this.client, this.broker);
  }

  private pass(bytes: Buffer, from: Socket, to: Socket): void {
    if (to.destroyed || to.write(bytes)) return;
    from.pause();
    to.once('drain', () => {
      if (!this.isSilent) from.resume();
    });
  }
}
