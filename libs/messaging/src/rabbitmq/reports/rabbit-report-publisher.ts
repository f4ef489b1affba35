import { type WorkerMessage, workerMessageKey } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import type { ConfirmChannel } from 'amqplib';
import type { ReportPublisher } from '../../ports.js';
import { type Backoff, backoffMs } from '../backoff.js';
import type { BrokerConnection } from '../broker-connection.js';
import { messageOf } from '../error-facts.js';
import { RareLog } from '../rare-log.js';
import { REPORTS_EXCHANGE, REPORTS_QUEUE, REPORTS_ROUTING_KEY } from './reports-route.js';

/** So many messages wait at most; the oldest is dropped then. */
const MAX_WAITING = 10_000;

/** So many are sent before the first of them has to be confirmed. */
const WINDOW = 50;

/**
 * Waits after RabbitMQ has refused a message or the way that it goes. The longest is that of a missing stream: what makes
 * the one makes the other, and a worker that follows its apps again is to be seen soon. It isn't shorter, since each try
 * costs the broker a channel that ends with an error, 0.7 ms of a core (measured with 3.10): with full jitter 10,000
 * workers try 333 times a second, which takes a quarter of a core, and leaves the rest to whoever sets the broker up.
 */
const REFUSED: Backoff = { first_ms: 2_000, longest_ms: 60_000 };

/**
 * Waits after RabbitMQ has not taken a message. Such a try costs it one message and no channel, so the longest is short
 * against the interval of heartbeats: who reports nothing for three of these counts as offline.
 */
const NOT_TAKEN: Backoff = { first_ms: 2_000, longest_ms: 15_000 };

/**
 * Longest wait for a confirmation, milliseconds. It is long, since a broker to which a whole fleet comes back is slow, and
 * must not get everything twice for it.
 */
const CONFIRM_LIMIT_MS = 30_000;

const UNCONFIRMED = `RabbitMQ has not confirmed reports for ${CONFIRM_LIMIT_MS / 1_000} s`;

/** A queue that is full, or whose node is away. */
const NACKED = 'RabbitMQ has not taken reports';

const NO_QUEUE = `nothing takes reports: RabbitMQ has no queue ${REPORTS_QUEUE} that is bound to the exchange of that name; "setup-broker" makes and binds it`;

/** Longest wait at the end for what isn't sent yet, milliseconds. */
const CLOSE_LIMIT_MS = 2_000;

interface UnderWay {
  text: string;
  /** By the monotonic clock, milliseconds. */
  sentAt: number;
}

/**
 * Sends reports and heartbeats of a worker. While RabbitMQ is away the newest of each key is kept, and sent when it
 * is back. They are not written to the broker's disk: a lost one costs freshness alone.
 */
export class RabbitReportPublisher implements ReportPublisher {
  private readonly logger = new Logger('RabbitReports');
  private readonly rare = new RareLog();
  private readonly waiting = new Map<string, string>();
  /** What is sent and not confirmed, oldest first. */
  private readonly underWay = new Map<string, UnderWay>();
  private channel: ConfirmChannel | null = null;
  private opening = false;
  private refusals = 0;
  private refusal: string | null = null;
  /** Messages that came back, of which the confirmation is still to come. */
  private returned = 0;
  private retry: NodeJS.Timeout | null = null;
  /** Runs as long as something is under way, or a little longer. */
  private limit: NodeJS.Timeout | null = null;
  /** When a broker that took nothing for a while went on, by the monotonic clock, milliseconds. */
  private freedAt = 0;
  private closed = false;
  /** Nothing is sent any more. */
  private isOver = false;
  private emptied: (() => void) | null = null;

  /**
   * @param connection whose owner starts and closes it
   * @param user of the connection, which the broker checks: nobody can report in another's name
   */
  constructor(
    private readonly connection: BrokerConnection,
    private readonly user: string,
  ) {
    connection.listen({
      opened: () => this.begin(),
      lost: () => this.lose(),
      freed: () => {
        this.freedAt = performance.now();
        this.watch(CONFIRM_LIMIT_MS);
      },
    });
  }

  publish(message: WorkerMessage): void {
    if (this.closed) return;
    try {
      const key = workerMessageKey(message);
      // Behind the others, as the newest.
      this.waiting.delete(key);
      this.waiting.set(key, JSON.stringify(message));
      const [oldest] = this.waiting.keys();
      if (this.waiting.size > MAX_WAITING && oldest !== undefined) this.waiting.delete(oldest);
      this.pump();
    } catch (error) {
      this.logger.error('a report could not be sent', error);
    }
  }

  /** Null when what was sent last has arrived, or nothing was sent yet; else what is in the way, in a few words. */
  problem(): string | null {
    return this.connection.problem() ?? this.refusal;
  }

  /** Sends what waits, as far as that is soon done. */
  async close(): Promise<void> {
    this.closed = true;
    const open = this.waiting.size + this.underWay.size > 0 && this.connection.isOpen;
    if (open) {
      // There is no later try than now.
      this.stopWaiting();
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.emptied = resolve;
        timer = setTimeout(resolve, CLOSE_LIMIT_MS);
        this.pump();
      });
      clearTimeout(timer);
    }
    this.isOver = true;
    this.stopWaiting();
    this.waiting.clear();
    this.lose();
  }

  /** On a new connection, whose broker may be another one: what the last one has refused doesn't count. */
  private begin(): void {
    this.stopWaiting();
    this.refusals = 0;
    this.pump();
  }

  private stopWaiting(): void {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
  }

  private pump(): void {
    if (this.waiting.size + this.underWay.size === 0) this.emptied?.();
    if (this.waiting.size === 0 || this.retry || this.isOver) return;
    if (!this.channel) {
      if (this.connection.isOpen && !this.opening) void this.open();
      return;
    }
    for (const [key, text] of this.waiting) {
      // Whether it is taken by now one message tells as well as many.
      if (this.underWay.size >= (this.refusals > 0 ? 1 : WINDOW)) return;
      // One of a key at a time, so that the newest arrives last.
      if (this.underWay.has(key)) continue;
      this.waiting.delete(key);
      this.send(this.channel, key, text);
    }
  }

  private send(channel: ConfirmChannel, key: string, text: string): void {
    this.underWay.set(key, { text, sentAt: performance.now() });
    this.watch(CONFIRM_LIMIT_MS);
    // What no queue takes comes back: that is no reason to send it again, but to be told.
    const options = {
      ...{ persistent: false, mandatory: true, contentType: 'application/json', userId: this.user },
    };
    try {
      channel.publish(REPORTS_EXCHANGE, REPORTS_ROUTING_KEY, Buffer.from(text), options, (error: unknown) => {
        if (channel !== this.channel) return;
        this.underWay.delete(key);
        if (error) this.nacked(key, text);
        else this.succeed();
        this.pump();
      });
    } catch {
      // The channel has ended; that is told by its event, which brings the message back.
    }
  }

  private async open(): Promise<void> {
    this.opening = true;
    try {
      const channel = await this.connection.openConfirmChannel();
      this.returned = 0;
      channel.on('return', () => {
        this.returned += 1;
      });
      channel.on('error', (error) => this.refuse(messageOf(error)));
      // Before the driver says of what was under way that it has failed, which nobody has refused.
      channel.prependListener('close', () => {
        if (channel === this.channel) this.lose();
        this.pump();
      });
      this.channel = channel;
    } catch (error) {
      this.refuse(messageOf(error));
    }
    this.opening = false;
    this.pump();
  }

  /** A message that came back is confirmed after that. */
  private succeed(): void {
    this.refusals = 0;
    this.refusal = this.returned > 0 ? NO_QUEUE : null;
    if (this.returned > 0) this.returned -= 1;
    if (this.refusal) this.rare.say(NO_QUEUE, () => this.logger.warn(NO_QUEUE));
  }

  /** What was sent together is refused together, which counts once. */
  private nacked(key: string, text: string): void {
    this.keep(key, text);
    if (this.retry) return;
    this.rare.say(NACKED, () => this.logger.warn(`${NACKED}; this is tried again`));
    this.retryLater(NACKED, NOT_TAKEN);
  }

  /** What was under way may not have arrived. */
  private lose(): void {
    this.channel = null;
    for (const [key, { text }] of this.underWay) this.keep(key, text);
    this.underWay.clear();
    if (this.limit) clearTimeout(this.limit);
    this.limit = null;
  }

  /** Looks in so many milliseconds, or sooner, whether the oldest of what is under way should have been confirmed. */
  private watch(ms: number): void {
    this.limit ??= setTimeout(() => {
      this.limit = null;
      const [oldest] = this.underWay.values();
      // Who is blocked is no fault; the time counts anew when that is over.
      if (!oldest || this.connection.isBlocked) return;
      const left = Math.max(oldest.sentAt, this.freedAt) + CONFIRM_LIMIT_MS - performance.now();
      if (left > 0) this.watch(left);
      else this.giveUp();
    }, ms);
    this.limit.unref();
  }

  /** A channel that leaves a confirmation out is of no use: what was sent on it is sent again on another one. */
  private giveUp(): void {
    const { channel } = this;
    this.lose();
    this.rare.say(UNCONFIRMED, () => this.logger.warn(`${UNCONFIRMED}; this is tried again`));
    this.retryLater(UNCONFIRMED);
    if (channel)
      this.connection.answered('closing a channel', channel.close()).catch(() => {
        // The connection is given up then.
      });
  }

  /** For a later try, unless there is a newer one by now. */
  private keep(key: string, text: string): void {
    if (!this.waiting.has(key)) this.waiting.set(key, text);
  }

  /** RabbitMQ ends the channel when the exchange is missing or may not be written to. */
  private refuse(reason: string): void {
    this.rare.say(reason, () =>
      this.logger.warn('reports are refused by RabbitMQ; this is tried again', { reason }),
    );
    this.retryLater(`reports are refused by RabbitMQ: ${reason}`);
  }

  private retryLater(problem: string, backoff = REFUSED): void {
    this.refusals += 1;
    this.refusal = problem;
    if (this.closed) {
      this.isOver = true;
      this.emptied?.();
      return;
    }
    const wait = backoffMs(backoff, this.refusals - 1);
    this.retry ??= setTimeout(() => {
      this.retry = null;
      this.pump();
    }, wait);
  }
}
