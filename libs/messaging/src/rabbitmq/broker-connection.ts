import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { type Backoff, backoffMs } from './backoff.js';
import { addressText, type BrokerAddress, brokerAddress } from './broker-address.js';
import { connectProblem } from './connection-problem.js';
import { messageOf } from './error-facts.js';
import { RareLog } from './rare-log.js';
import { DEFAULT_RECONNECT, type RabbitOptions } from './rabbit-options.js';
import { TimeLimitError, within } from './within.js';

/** Longest wait for a connection, milliseconds. */
const CONNECT_LIMIT_MS = 10_000;

/** Longest wait for the answer to a call, milliseconds. */
const CALL_LIMIT_MS = 5_000;

/** Longest wait for the orderly end of a connection, milliseconds. */
const CLOSE_LIMIT_MS = 1_000;

/** A connection that lasted so long was a good one, milliseconds. */
const LASTING_MS = 30_000;

interface Listener {
  /** A connection is there, a new one each time. */
  opened(): void;
  /** It is gone, and with it all of its channels. */
  lost(): void;
}

/**
 * One connection to any of the nodes, made again whenever it is lost: at once to the other nodes, and when none of
 * them can be had, after waits with full jitter.
 */
export class BrokerConnection {
  private readonly logger = new Logger('RabbitMQ');
  private readonly rare = new RareLog();
  private readonly addresses: BrokerAddress[];
  private readonly backoff: Backoff;
  private readonly listeners = new Set<Listener>();
  /** The node that is tried next. */
  private next: number;
  private model: ChannelModel | null = null;
  private cut = new AbortController();
  private readonly closing = new AbortController();
  private kept: Promise<void> | null = null;
  private lastProblem: string | null = 'RabbitMQ is not connected yet';
  private blockedBy: string | null = null;

  constructor(private readonly options: RabbitOptions) {
    this.addresses = options.hosts.map((host) => brokerAddress(host, options.port));
    this.backoff = options.reconnect ?? DEFAULT_RECONNECT;
    // A fleet spreads over the nodes.
    this.next = Math.floor(Math.random() * this.addresses.length);
  }

  /** Begins to connect, in the background. Listeners are told of each connection from then on. */
  start(): void {
    this.kept ??= this.keep();
  }

  listen(listener: Listener): void {
    this.listeners.add(listener);
  }

  /** Null when the connection can be used, else what is in the way, in a few words. */
  problem(): string | null {
    return this.lastProblem ?? this.blockedBy;
  }

  get isOpen(): boolean {
    return this.model !== null;
  }

  /** @throws {Error} when there is no connection, or the broker gives no answer */
  async openChannel(): Promise<Channel> {
    const channel = await this.answered('opening a channel', this.opened().createChannel());
    // Whoever waits for an answer on it gets the error, too. Without a listener it would end the process.
    channel.on('error', () => undefined);
    return channel;
  }

  /** @throws {Error} when there is no connection, or the broker gives no answer */
  async openConfirmChannel(): Promise<ConfirmChannel> {
    const channel = await this.answered('opening a channel', this.opened().createConfirmChannel());
    channel.on('error', () => undefined);
    return channel;
  }

  /**
   * What a call answers. A broker that gives none in time is taken for gone, and the connection is made anew.
   *
   * @param what in words that go on with "took longer than"
   */
  async answered<T>(what: string, call: Promise<T>): Promise<T> {
    const { cut } = this;
    try {
      return await within(CALL_LIMIT_MS, what, call);
    } catch (error) {
      if (error instanceof TimeLimitError) cut.abort();
      throw error;
    }
  }

  /** Gives the connection up, to make another one. */
  drop(): void {
    this.cut.abort();
  }

  /** Ends the connection. Nothing of it holds the process up. */
  async close(): Promise<void> {
    this.closing.abort();
    const { model, cut } = this;
    if (model) await within(CLOSE_LIMIT_MS, 'closing', model.close()).catch(() => undefined);
    cut.abort();
    await this.kept;
    this.lastProblem = 'the connection to RabbitMQ is closed';
  }

  private opened(): ChannelModel {
    if (this.model) return this.model;
    throw new Error(this.lastProblem ?? 'RabbitMQ is not connected');
  }

  private async keep(): Promise<void> {
    const { signal } = this.closing;
    let failures = 0;
    while (!signal.aborted) {
      const begin = performance.now();
      const model = await this.connectToAny();
      if (model) {
        await this.use(model);
        const lasted = performance.now() - begin > LASTING_MS;
        if (lasted) this.rare.clear();
        failures = lasted ? 0 : failures + 1;
      } else failures += 1;
      const wait = backoffMs(this.backoff, Math.max(0, failures - 1));
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  private async connectToAny(): Promise<ChannelModel | null> {
    for (let tried = 0; tried < this.addresses.length; tried += 1) {
      if (this.closing.signal.aborted) return null;
      const address = this.addresses[this.next % this.addresses.length];
      if (!address) break;
      try {
        return await this.connectTo(address);
      } catch (error) {
        const problem = connectProblem(error, addressText(address), this.options);
        this.lastProblem = problem;
        this.rare.say(problem, () => this.logger.warn(`${problem}; this is tried again`));
        this.next += 1;
      }
    }
    return null;
  }

  private async connectTo({ host, port }: BrokerAddress): Promise<ChannelModel> {
    const { user, password, vhost, heartbeat_seconds, ssl, connection_name } = this.options;
    const cut = new AbortController();
    this.cut = cut;
    const socket = {
      ...{ noDelay: true, keepAlive: true, signal: cut.signal },
      clientProperties: { connection_name },
      ...(ssl ? { ca: ssl.ca, cert: ssl.cert, key: ssl.key, rejectUnauthorized: ssl.verify } : {}),
    };
    const connecting = connect(
      {
        ...{ protocol: ssl ? 'amqps' : 'amqp', hostname: host, port, username: user, password, vhost },
        heartbeat: heartbeat_seconds,
      },
      socket,
    );
    try {
      const model = await within(CONNECT_LIMIT_MS, 'connecting', connecting);
      // Without a listener it would end the process; the end of the connection is told by another event.
      model.on('error', (error) => this.noteLoss(error));
      return model;
    } catch (error) {
      cut.abort();
      connecting.then(
        (late) => late.on('error', () => undefined),
        () => undefined,
      );
      throw error;
    }
  }

  /** Resolves when the connection is lost. */
  private async use(model: ChannelModel): Promise<void> {
    const address = this.addresses[this.next % this.addresses.length];
    const closed = new Promise<unknown>((resolve) => {
      model.once('close', resolve);
    });
    model.on('blocked', (reason) => {
      this.blockedBy = `RabbitMQ takes no messages: ${reason}`;
    });
    model.on('unblocked', () => {
      this.blockedBy = null;
    });
    this.model = model;
    this.lastProblem = null;
    this.logger.log('connected to RabbitMQ', { address: address && addressText(address) });
    for (const listener of this.listeners) listener.opened();
    const error = await closed;
    this.model = null;
    this.blockedBy = null;
    if (error) this.noteLoss(error);
    this.lastProblem ??= 'the connection to RabbitMQ is lost';
    for (const listener of this.listeners) listener.lost();
  }

  private noteLoss(error: unknown): void {
    if (this.lastProblem !== null || this.closing.signal.aborted) return;
    const reason = messageOf(error);
    this.lastProblem = 'the connection to RabbitMQ is lost';
    this.rare.say('lost', () => this.logger.warn('the connection to RabbitMQ is lost', { reason }));
  }
}
