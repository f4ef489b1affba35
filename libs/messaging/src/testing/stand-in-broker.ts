import { createServer, type Server, type Socket } from 'node:net';
import { streamName } from '@nebula/contracts';
import type { RabbitOptions } from '../rabbitmq/rabbit-options.js';

/** What a client asks on a channel, as far as this broker knows it, by the names of AMQP 0-9-1. */
export interface Asked {
  method:
    | 'connection.open'
    | 'channel.open'
    | 'channel.close'
    | 'basic.qos'
    | 'basic.consume'
    | 'basic.cancel'
    | 'confirm.select';
  channel: number;
  /** Of `basic.consume`, whether only what is appended from then on is wanted. */
  isNext: boolean;
}

interface Frame {
  type: number;
  channel: number;
  payload: Buffer;
}

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const FRAME_END = 0xce;

/** Of a broker that is stopped: code, text, and no method that would have led to it. */
const SHUTDOWN = method(10, 50, Buffer.from([1, 64]), shortText('CONNECTION_FORCED'), Buffer.alloc(4));

/** What is answered to a method, by AMQP's numbers of its class and itself, where that is always the same. */
const ANSWERS: Record<string, Buffer> = {
  '10.40': method(10, 41, shortText('')),
  '10.50': method(10, 51),
  '20.10': method(20, 11, longText('')),
  '20.40': method(20, 41),
  '60.10': method(60, 11),
  '85.10': method(85, 11),
};

/** The methods that a moment is chosen by. */
const ASKED: Record<string, Asked['method']> = {
  '10.40': 'connection.open',
  '20.10': 'channel.open',
  '20.40': 'channel.close',
  '60.10': 'basic.qos',
  '60.20': 'basic.consume',
  '60.30': 'basic.cancel',
  '85.10': 'confirm.select',
};

/**
 * Speaks as much of AMQP as who follows streams asks for, so that a moment between two calls can be chosen at which it
 * blocks the connection, as RabbitMQ does when it is short of memory: it says so, and reads nothing more. Each of its
 * streams holds the same message.
 */
export class StandInBroker {
  /** Connections that there were. */
  connections = 0;
  /** Messages that were sent. */
  delivered = 0;
  /** Messages that arrived. */
  published = 0;
  /** For each of these the channel that it came on: how many had been opened by then. */
  readonly publishedOn: number[] = [];
  /** When what a stream holds is sent: to who consumes it, to who has asked how much it is, or not at all. */
  delivery: 'at once' | 'when counted' | 'never' = 'at once';
  /** How many messages it says that a stream holds. */
  messageCount = 1;
  /** Streams of apps of which nobody who consumes them has an answer, nor to anything more on that channel. */
  readonly stuck = new Set<string>();
  /** Nothing is confirmed before `confirmHeld`. */
  holdsConfirmations = false;
  /** Numbers of the channels that are open. */
  readonly channels = new Set<number>();
  /** Consumers of what the streams hold, by the names that they gave themselves. */
  readonly consumers = new Map<string, number>();
  /** Messages that arrived on channels that confirm them, by the numbers of these. */
  private readonly confirmed = new Map<number, number>();
  private readonly heldConfirmations: (() => void)[] = [];
  /** Channels on which nothing more is done. */
  private readonly stuckChannels = new Set<number>();
  /** Channels that were ever opened; by its number, which of these the one that is open is. */
  private opened = 0;
  private readonly openings = new Map<number, number>();
  private readonly sockets = new Set<Socket>();
  private readonly held: (() => void)[] = [];
  private readonly undelivered: (() => void)[] = [];
  private isBlocked = false;
  private blocksAt: (asked: Asked) => boolean = () => false;
  private endsAt: Asked['method'] | null = null;

  private constructor(
    private readonly server: Server,
    private readonly message: Buffer,
  ) {}

  static async start(message: string): Promise<StandInBroker> {
    const server = createServer((socket) => broker.accept(socket));
    const broker = new StandInBroker(server, Buffer.from(message));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return broker;
  }

  /** Of a connection to it, which is made anew at once. */
  get options(): RabbitOptions {
    return {
      ...{ hosts: [this.host], port: 1, user: 'nebula', password: 'hunter2', vhost: '/' },
      ...{ heartbeat_seconds: 0, connection_name: 'test', reconnect: { first_ms: 1, longest_ms: 1 } },
    };
  }

  /** `host:port` */
  get host(): string {
    const address = this.server.address();
    return typeof address === 'object' && address ? `127.0.0.1:${address.port}` : '';
  }

  /** Blocks whoever asks this; neither that nor what comes after it is read until `free`. */
  blockAt(blocksAt: (asked: Asked) => boolean): void {
    this.blocksAt = blocksAt;
  }

  /** Ends the next connection that asks this, at once with the answer, as a broker that is stopped may. */
  endAt(method: Asked['method']): void {
    this.endsAt = method;
  }

  /**
   * Blocks nobody any more.
   *
   * @param answers whether it does what was asked meanwhile; a broker that is broken does not
   */
  free(answers = true): void {
    this.blocksAt = () => false;
    this.isBlocked = false;
    for (const socket of this.sockets) send(socket, METHOD, 0, method(10, 61));
    for (const handle of this.held.splice(0)) if (answers) handle();
  }

  /** Confirms what was held back, and all that comes from then on. */
  confirmHeld(): void {
    this.holdsConfirmations = false;
    for (const confirm of this.heldConfirmations.splice(0)) confirm();
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    let isGreeted = false;
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, Buffer.from(chunk)]);
      if (!isGreeted && rest.length >= 8) {
        isGreeted = true;
        rest = rest.subarray(8);
        const version = Buffer.from([0, 9]);
        const properties = longText('');
        send(socket, METHOD, 0, method(10, 10, version, properties, longText('PLAIN'), longText('en_US')));
      }
      for (let frame = firstFrame(rest); isGreeted && frame; frame = firstFrame(rest)) {
        const { type, channel, payload } = frame;
        rest = rest.subarray(payload.length + 8);
        if (type === METHOD) this.take(socket, channel, payload);
      }
    });
  }

  private take(socket: Socket, channel: number, payload: Buffer): void {
    const name = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
    const asked = ASKED[name];
    const isNext = payload.includes('next');
    if (asked && !this.isBlocked && this.blocksAt({ method: asked, channel, isNext })) {
      this.isBlocked = true;
      send(socket, METHOD, 0, method(10, 60, shortText('low on memory')));
    }
    const handle = () => this.answer(socket, channel, name, payload);
    if (this.isBlocked) this.held.push(handle);
    else handle();
  }

  private answer(socket: Socket, channel: number, name: string, payload: Buffer): void {
    if (name === '20.10') this.stuckChannels.delete(channel);
    if (name === '60.20' && this.stuck.has(textAt(payload, 6).slice(streamName('').length)))
      this.stuckChannels.add(channel);
    if (this.stuckChannels.has(channel)) return;
    // The limits of channels and frames, and no heartbeat.
    if (name === '10.11') send(socket, METHOD, 0, method(10, 30, Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])));
    if (name === '20.10') this.openChannel(channel);
    if (name === '20.40') this.endChannel(channel);
    if (name === '85.10') this.confirmed.set(channel, 0);
    const answer = ANSWERS[name];
    const isEnd = this.endsAt !== null && ASKED[name] === this.endsAt;
    socket.cork();
    if (answer) send(socket, METHOD, channel, answer);
    if (isEnd) {
      this.endsAt = null;
      send(socket, METHOD, 0, SHUTDOWN);
    }
    socket.uncork();
    if (name === '60.20') this.consume(socket, channel, payload);
    if (name === '50.10') this.count(socket, channel, payload);
    if (name === '60.40') this.receive(socket, channel);
    if (name === '60.30') {
      const tag = textAt(payload, 4);
      this.consumers.delete(tag);
      send(socket, METHOD, channel, method(60, 31, shortText(tag)));
    }
  }

  private receive(socket: Socket, channel: number): void {
    this.published += 1;
    this.publishedOn.push(this.openings.get(channel) ?? 0);
    const confirmed = this.confirmed.get(channel);
    if (confirmed === undefined) return;
    this.confirmed.set(channel, confirmed + 1);
    const number = Buffer.alloc(9);
    number.writeBigUInt64BE(BigInt(confirmed + 1));
    const confirm = () => send(socket, METHOD, channel, method(60, 80, number));
    if (this.holdsConfirmations) this.heldConfirmations.push(confirm);
    else confirm();
  }

  private consume(socket: Socket, channel: number, payload: Buffer): void {
    const queue = textAt(payload, 6);
    const tag = textAt(payload, 7 + queue.length);
    this.consumers.set(tag, channel);
    send(socket, METHOD, channel, method(60, 21, shortText(tag)));
    if (payload.includes('next')) return;
    const deliver = () => this.deliver(socket, channel, tag, queue);
    if (this.delivery === 'at once') deliver();
    if (this.delivery === 'when counted') this.undelivered.push(deliver);
  }

  /** Of `queue.declare`, by which nothing is declared here. */
  private count(socket: Socket, channel: number, payload: Buffer): void {
    const counts = Buffer.alloc(8);
    counts.writeUInt32BE(this.messageCount);
    send(socket, METHOD, channel, method(50, 11, shortText(textAt(payload, 6)), counts));
    for (const deliver of this.undelivered.splice(0)) deliver();
  }

  private deliver(socket: Socket, channel: number, tag: string, queue: string): void {
    this.delivered += 1;
    const number = Buffer.alloc(9);
    number.writeBigUInt64BE(1n);
    send(socket, METHOD, channel, method(60, 60, shortText(tag), number, shortText(''), shortText(queue)));
    const header = Buffer.alloc(14);
    header.writeUInt16BE(60);
    header.writeBigUInt64BE(BigInt(this.message.length), 4);
    send(socket, HEADER, channel, header);
    send(socket, BODY, channel, this.message);
  }

  private openChannel(channel: number): void {
    this.channels.add(channel);
    this.opened += 1;
    this.openings.set(channel, this.opened);
  }

  private endChannel(channel: number): void {
    this.channels.delete(channel);
    this.confirmed.delete(channel);
    for (const [tag, on] of this.consumers) if (on === channel) this.consumers.delete(tag);
  }
}

function firstFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 8) return null;
  const end = 7 + bytes.readUInt32BE(3);
  if (bytes.length <= end) return null;
  return { type: bytes.readUInt8(0), channel: bytes.readUInt16BE(1), payload: bytes.subarray(7, end) };
}

function send(socket: Socket, type: number, channel: number, payload: Buffer): void {
  const head = Buffer.alloc(7);
  head.writeUInt8(type);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  socket.write(Buffer.concat([head, payload, Buffer.from([FRAME_END])]));
}

function method(kind: number, number: number, ...fields: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0, kind, 0, number]), ...fields]);
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

/** Also a table, if it is empty. */
function longText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
}

function textAt(payload: Buffer, offset: number): string {
  return payload.toString('utf8', offset + 1, offset + 1 + payload.readUInt8(offset));
}
