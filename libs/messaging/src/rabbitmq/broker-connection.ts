import { Logger } from '@nestjs/common';
import { AmqpConnectionManagerClass, type AmqpConnectionManagerOptions } from 'amqp-connection-manager';
import type { Channel, ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { type Reconnect, reconnectMs } from './backoff.js';
import { addressText, type BrokerAddress, brokerAddress } from './broker-address.js';
import { connectProblem, isRefusal } from './connection-problem.js';
import { messageOf } from './error-facts.js';
import { type Prepare, prepared } from './prepared-channel.js';
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

const LOST = 'the connection to RabbitMQ is lost';

interface Listener {
  /** A connection is there, a new one each time. */
  opened(): void;
  /** It is gone, and with it all of its channels. */
  lost(): void;
  /** The broker reads nothing more from it. */
  blocked?(): void;
  /** It does again. */
  freed?(): void;
}

/**
 * One connection to any of the nodes, made again whenever it is lost: when a node can't be had, at once to the next,
 * and when none of them can, after a wait with full jitter. amqp-connection-manager keeps it; it asks before each
 * attempt where to go, and looks before each wait how long that is to be.
 */
export class BrokerConnection {
  private readonly logger = new Logger('RabbitMQ');
  private readonly rare: RareLog;
  private readonly addresses: readonly BrokerAddress[];
  private readonly reconnect: Reconnect;
  private readonly listeners = new Set<Listener>();
  private readonly manager: AmqpConnectionManagerClass;
  /** Counts the nodes that were tried; the next one follows from it. */
  private tried: number;
  /** Nodes that could not be had since the last wait. */
  private missed = 0;
  /** Waits in a row without a connection that lasted. */
  private failures = 0;
  private attemptedAt = 0;
  /** Whether there was a connection. */
  private hadOne = false;
  /** Ends the attempt that is under way, or the connection that came of it. */
  private cut = new AbortController();
  private limit: NodeJS.Timeout | undefined;
  private model: ChannelModel | null = null;
  private closing: Promise<void> | null = null;
  private lastProblem: string | null = 'RabbitMQ is not connected yet';
  private blockedBy: string | null = null;

  /**
   * @param connectLimitMs longest attempt to connect, milliseconds
   * @param callLimitMs longest wait for the answer to a call, milliseconds
   */
  constructor(
    private readonly options: RabbitOptions,
    private readonly connectLimitMs = CONNECT_LIMIT_MS,
    readonly callLimitMs = CALL_LIMIT_MS,
  ) {
    this.addresses = options.hosts.map((host) => brokerAddress(host, options.port));
    this.rare = options.told ?? new RareLog();
    this.reconnect = { ...DEFAULT_RECONNECT, ...options.reconnect };
    // A fleet spreads over the nodes.
    this.tried = Math.floor(Math.random() * this.addresses.length);
    // It is told one node at a time, since it asks again only when it has tried all that it was told.
    this.manager = new AmqpConnectionManagerClass(null, { findServers: async () => this.begin() });
    // Nothing of these may throw: it would take that for an attempt that failed.
    this.manager.on('connect', () => this.noteConnection());
    this.manager.on('connectFailed', ({ err }) => this.noteFailure(err));
    this.manager.on('disconnect', ({ err }) => this.noteLoss(err));
    this.manager.on('blocked', ({ reason }) => {
      this.blockedBy = `RabbitMQ takes no messages: ${reason}`;
      for (const listener of this.listeners) listener.blocked?.();
    });
    this.manager.on('unblocked', () => {
      this.blockedBy = null;
      for (const listener of this.listeners) listener.freed?.();
    });
  }

  /** Begins to connect, in the background. Listeners are told of each connection from then on. */
  start(): void {
    // What ends it is told by the events, too.
    this.manager.connect().catch(() => undefined);
  }

  listen(listener: Listener): void {
    this.listeners.add(listener);
  }

  /** Null when the connection can be used, else what is in the way, in a few words. */
  problem(): string | null {
    return this.lastProblem ?? this.blockedBy;
  }

  /** The same for who only receives: a broker that is short of memory or disk goes on with that when it is not any more. */
  receivingProblem(): string | null {
    return this.lastProblem;
  }

  get isOpen(): boolean {
    return this.model !== null;
  }

  /** Whether the broker has said that it reads nothing from it for now. */
  get isBlocked(): boolean {
    return this.blockedBy !== null;
  }

  /**
   * @param prepare what is to be done on the channel first; one on which that has no answer in time is closed
   * @throws {Error} when there is no connection, or the broker gives no answer, and whatever `prepare` throws
   */
  async openChannel(prepare?: Prepare<Channel>): Promise<Channel> {
    return await this.opening((model) => model.createChannel(), prepare);
  }

  /** @throws {Error} when there is no connection, or the broker gives no answer */
  async openConfirmChannel(): Promise<ConfirmChannel> {
    return await this.opening((model) => model.createConfirmChannel());
  }

  /**
   * What a call answers. A broker that gives none in time is taken for gone, and the connection is made anew, unless it
   * has said that it takes nothing from it for now: another connection would be no better off. It does then what was
   * asked when it goes on, so whoever gave up undoes that: a channel or a consumer would stay.
   *
   * @param what in words that go on with "took longer than"
   */
  async answered<T>(what: string, call: Promise<T>): Promise<T> {
    const { cut } = this;
    try {
      return await within(this.callLimitMs, what, call);
    } catch (error) {
      if (error instanceof TimeLimitError && this.blockedBy === null) cut.abort(error);
      throw error;
    }
  }

  /** Gives the connection up, to make another one. */
  drop(reason: unknown = new Error('it was given up')): void {
    this.cut.abort(reason);
  }

  /** Ends the connection. Nothing of it holds the process up. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const ended = this.manager.close();
    // It waits for the end of an attempt that is under way.
    if (!this.model) this.cut.abort();
    await within(CLOSE_LIMIT_MS, 'closing', ended).catch(() => undefined);
    this.cut.abort();
    this.forget();
    this.lastProblem = 'the connection to RabbitMQ is closed';
  }

  /** A channel that comes too late, as after the broker took nothing for a while, is of no use to anybody. */
  private async opening<T extends Channel>(
    create: (model: ChannelModel) => Promise<T>,
    prepare?: Prepare<T>,
  ): Promise<T> {
    const model = this.opened();
    const problem = () => (this.model === model ? null : (this.lastProblem ?? LOST));
    const opened = prepared(create(model), problem, prepare);
    try {
      return await this.answered('opening a channel', opened);
    } catch (error) {
      opened.then((channel) => channel.close()).catch(() => undefined);
      throw error;
    }
  }

  /** RabbitMQ reads nothing from a connection that it blocks, so what would be asked on it has no answer. */
  private opened(): ChannelModel {
    if (this.model && this.blockedBy !== null) throw new Error(this.blockedBy);
    if (this.model) return this.model;
    throw new Error(this.lastProblem ?? 'RabbitMQ is not connected');
  }

  private get address(): BrokerAddress {
    return this.addresses[this.tried % this.addresses.length] ?? { host: '', port: 0 };
  }

  /** The node of the next attempt, which gets a time limit and a way to be cut off. */
  private begin(): Options.Connect {
    if (this.closing) throw new Error('the connection to RabbitMQ is closed');
    const cut = new AbortController();
    const tooLong = new TimeLimitError(`connecting took longer than ${this.connectLimitMs / 1_000} s`);
    this.cut = cut;
    this.limit = setTimeout(() => cut.abort(tooLong), this.connectLimitMs);
    this.attemptedAt = performance.now();
    this.manager.connectionOptions = this.socketOptions(cut.signal);
    const { user: username, password, vhost, heartbeat_seconds: heartbeat, ssl } = this.options;
    const { host: hostname, port } = this.address;
    return { protocol: ssl ? 'amqps' : 'amqp', hostname, port, username, password, vhost, heartbeat };
  }

  private socketOptions(signal: AbortSignal): AmqpConnectionManagerOptions['connectionOptions'] {
    const { ssl, connection_name } = this.options;
    return {
      ...{ noDelay: true, keepAlive: true, signal, clientProperties: { connection_name } },
      ...(ssl ? { ca: ssl.ca, cert: ssl.cert, key: ssl.key, rejectUnauthorized: ssl.verify } : {}),
    };
  }

  private noteConnection(): void {
    clearTimeout(this.limit);
    if (this.closing) return;
    const model = this.manager.connection ?? null;
    // The manager listens from now on, so it would take that for a connection for good. It has no other way to be told.
    if (model && hasEnded(model)) {
      model.emit('close', new Error('RabbitMQ ended the connection at once'));
      return;
    }
    this.missed = 0;
    this.hadOne = true;
    this.model = model;
    this.lastProblem = null;
    this.logger.log('connected to RabbitMQ', { address: addressText(this.address) });
    for (const listener of this.listeners) listener.opened();
  }

  private noteFailure(error: unknown): void {
    clearTimeout(this.limit);
    // Closing ends after this wait.
    if (this.closing) return this.wait(0);
    const reason = this.reason(error);
    const problem = connectProblem(reason, addressText(this.address), this.options);
    this.lastProblem = problem;
    if (isRefusal(reason)) this.options.refused?.();
    this.rare.say(problem, () => this.logger.warn(`${problem}; this is tried again`));
    this.tried += 1;
    this.missed += 1;
    if (this.missed < this.addresses.length) this.wait(0);
    else this.waitAfter(this.failures + 1);
  }

  private noteLoss(error: unknown): void {
    const lasted = performance.now() - this.attemptedAt > LASTING_MS;
    // Another connection that shares it may have told of this loss already.
    if (lasted) this.rare.clear(LASTING_MS);
    this.waitAfter(lasted ? 0 : this.failures + 1);
    this.lastProblem = LOST;
    const reason = messageOf(this.reason(error));
    this.rare.say('lost', () => this.logger.warn(LOST, { reason }));
    this.forget();
  }

  /** Why an attempt or connection ended, which is not what the socket says where we have cut it. */
  private reason(error: unknown): unknown {
    const { signal } = this.cut;
    return signal.aborted ? signal.reason : error;
  }

  private waitAfter(failures: number): void {
    this.missed = 0;
    this.failures = failures;
    this.wait(reconnectMs(this.reconnect, Math.max(0, failures - 1), this.hadOne));
  }

  /** Sets the wait that begins next, milliseconds. */
  private wait(ms: number): void {
    this.manager.reconnectTimeInSeconds = ms / 1_000;
  }

  private forget(): void {
    this.blockedBy = null;
    if (!this.model) return;
    this.model = null;
    for (const listener of this.listeners) listener.lost();
  }
}

/** Whether it ended before anybody could listen to that, as when a broker that is stopped says so with its last answer. */
function hasEnded({ connection }: ChannelModel): boolean {
  return 'expectSocketClose' in connection && connection.expectSocketClose === true;
}
