import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_REPORT_BYTES, PATTERNS } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { Server } from '@nestjs/microservices';
import type { Channel, ConsumeMessage } from 'amqplib';
import { callHandler } from '../../call-handler.js';
import type { ReceivedReport, ReportTransport } from '../../ports.js';
import { type Backoff, backoffMs } from '../backoff.js';
import { BrokerConnection } from '../broker-connection.js';
import { decodedJson } from '../decoded-json.js';
import { messageOf } from '../error-facts.js';
import { API_RECONNECT, type RabbitOptions } from '../rabbit-options.js';
import { RareLog } from '../rare-log.js';
import { AlarmWatch } from './alarm-watch.js';
import { Hearing } from './hearing.js';
import { REPORTS_QUEUE } from './reports-route.js';

/** Waits while the queue is missing or may not be read. */
const UNAVAILABLE: Backoff = { first_ms: 500, longest_ms: 10_000 };

/**
 * Unacknowledged messages at a time; the most that one delivery to the handler has. With `MAX_REPORT_BYTES` they are at
 * most 250 MB, if workers send nothing but the longest ones. 250 heartbeats are 0.1 MB.
 */
const PREFETCH = 250;

/**
 * One delivery to the handler ends with the message that reaches so many bytes: to decode and check them takes up to a
 * second, in which the api answers nobody, and several times the memory.
 */
const DELIVERY_BYTES = MAX_REPORT_BYTES;

/** Longest wait at the end for a delivery that is under way, milliseconds. */
const CLOSE_LIMIT_MS = 5_000;

/** Workers report so often where nothing else is said, milliseconds. */
const REPORT_INTERVAL_MS = 60_000;

/**
 * Brings what workers report to the `@EventPattern` handler, all that waits at once and one delivery after the other.
 * Every message is acknowledged when the handler is done with it, however that ended: a report that can't be handled
 * now can't be handled later, and a newer one is on its way. Only a handler that pauses gives its messages back.
 */
export class RabbitReportStrategy extends Server implements ReportTransport {
  protected override readonly logger = new Logger(RabbitReportStrategy.name);
  private readonly rare = new RareLog();
  private readonly connection: BrokerConnection;
  private readonly alarms: AlarmWatch;
  private readonly closing = new AbortController();
  /** Of the newest consumer. */
  private hearing: Hearing | null = null;
  private unavailable: string | null = null;
  private delivering: Promise<void> = Promise.resolve();
  private pausing: { over: Promise<void>; end: () => void } | null = null;
  private endConsumer = () => {};
  /** Only the newest goes on. */
  private followers = 0;

  /** @param reportIntervalMs how often workers report; who was behind for so long hasn't listened */
  constructor(
    options: RabbitOptions,
    private readonly reportIntervalMs = REPORT_INTERVAL_MS,
  ) {
    super();
    const shared = {
      ...{ told: new RareLog(), ...options },
      reconnect: { ...API_RECONNECT, ...options.reconnect },
    };
    this.connection = new BrokerConnection(shared);
    this.alarms = new AlarmWatch(shared);
  }

  listen(callback: () => void): void {
    this.connection.listen({
      opened: () => void this.follow(),
      lost: () => this.hearing?.end(),
    });
    this.connection.start();
    this.alarms.start();
    callback();
  }

  /**
   * Null also while the broker takes no reports, as workers that it doesn't listen to are not silent, and while this is
   * behind with what it brings.
   */
  listenedMs(): number | null {
    const takenMs = this.alarms.takenMs();
    const heardMs = this.hearing?.listenedMs() ?? null;
    return heardMs === null || takenMs === null ? null : Math.min(heardMs, takenMs);
  }

  /** Ends the consumer, with which RabbitMQ takes back what isn't acknowledged. */
  pause(): void {
    if (this.pausing || this.closing.signal.aborted) return;
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.pausing = { over, end };
    this.endConsumer();
  }

  resume(): void {
    this.pausing?.end();
    this.pausing = null;
  }

  /** Null when reports arrive (or could, but for a pause), else what is in the way, in a few words. */
  problem(): string | null {
    return this.connection.problem() ?? this.unavailable ?? this.alarms.problem();
  }

  lacksRoom(): boolean {
    const other = this.connection.problem() ?? this.unavailable;
    return other === null ? this.alarms.isBlocked : this.connection.isBlocked;
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.resume();
    this.hearing?.end();
    const limit = sleep(CLOSE_LIMIT_MS, undefined, { ref: false });
    await Promise.race([this.delivering, limit]);
    await Promise.all([this.connection.close(), this.alarms.close()]);
  }

  /** Events of a connection are nobody's business here. */
  on(): void {}

  unwrap<T>(): T {
    throw new Error('The connection to RabbitMQ is not given away.');
  }

  /** Consumes on one connection until it is lost, again and again while the queue isn't there. */
  private async follow(): Promise<void> {
    const { signal } = this.closing;
    this.followers += 1;
    const number = this.followers;
    const goesOn = () => !signal.aborted && this.connection.isOpen && number === this.followers;
    for (let failures = 0; goesOn(); failures += 1) {
      await this.pausing?.over;
      if (!goesOn()) return;
      try {
        const { ended } = await this.consume();
        this.unavailable = null;
        failures = -1;
        await ended;
        if (this.pausing) continue;
        this.unavailable = `RabbitMQ has ended the consumer of the queue ${REPORTS_QUEUE}`;
      } catch (error) {
        this.unavailable = `the queue ${REPORTS_QUEUE} can't be read: ${messageOf(error)}`;
      }
      if (!goesOn()) return;
      const { unavailable } = this;
      this.rare.say(unavailable, () =>
        this.logger.warn(`${unavailable}; "setup-broker" makes the queue, and this is tried again`),
      );
      await sleep(backoffMs(UNAVAILABLE, Math.max(0, failures)), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  /** @returns a promise that resolves when the consumer has ended */
  private async consume(): Promise<{ ended: Promise<void> }> {
    const channel = await this.connection.openChannel();
    const hearing = new Hearing(
      async () => (await channel.checkQueue(REPORTS_QUEUE)).messageCount,
      this.reportIntervalMs,
    );
    this.hearing = hearing;
    let hasEnded = false;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = () => {
        hasEnded = true;
        hearing.end();
        resolve();
      };
    });
    channel.on('close', () => end());
    const leave = () => {
      channel.close().catch(() => undefined);
      end();
    };
    this.endConsumer = leave;
    const waiting: Taken[] = [];
    const take = (message: ConsumeMessage | null): void => {
      if (!message) return leave();
      hearing.gave();
      waiting.push(taken(message));
      if (waiting.length > 1) return;
      // What arrives while the one before is handled goes together.
      this.delivering = this.delivering.then(async () => {
        // When it has ended, RabbitMQ has taken them back.
        while (waiting.length > 0 && !hasEnded) {
          const batch = waiting.splice(0, deliverable(waiting));
          await this.deliver(batch);
          if (!hasEnded) acknowledge(channel, batch);
          hearing.done(batch.length);
        }
      });
    };
    if (this.pausing) leave();
    else {
      await this.connection.answered('consuming reports', this.begin(channel, take));
      hearing.begin();
    }
    return { ended };
  }

  private async begin(channel: Channel, take: (message: ConsumeMessage | null) => void): Promise<void> {
    await channel.prefetch(PREFETCH);
    await channel.consume(REPORTS_QUEUE, take);
  }

  private async deliver(batch: readonly Taken[]): Promise<void> {
    try {
      const handler = this.getHandlerByPattern(PATTERNS.report);
      if (!handler) throw new Error(`nothing handles the pattern ${PATTERNS.report}`);
      const reports = batch.flatMap((message) => this.received(message));
      if (reports.length > 0) await callHandler(handler, reports);
    } catch (error) {
      this.rare.say('handler', () => this.logger.error('reports could not be handled', error));
    }
  }

  /** Nothing when the sender has left out its user, which RabbitMQ checks only where it is given. */
  private received({ message, bytes }: Taken): ReceivedReport[] {
    const user: unknown = message.properties.userId;
    if (typeof user !== 'string') {
      this.rare.say('anonymous', (held) =>
        this.logger.warn("a report that doesn't name its user is dropped", { held_back: held }),
      );
      return [];
    }
    if (bytes > MAX_REPORT_BYTES) return [{ payload: undefined, user_id: user, excessive_bytes: bytes }];
    return [{ payload: decodedJson(message.content), user_id: user }];
  }
}

/** A message until it is acknowledged. */
interface Taken {
  message: ConsumeMessage;
  /** Length of what arrived. */
  bytes: number;
}

/** One that is too long isn't even kept until its turn. */
function taken(message: ConsumeMessage): Taken {
  const bytes = message.content.length;
  return { message: bytes > MAX_REPORT_BYTES ? { ...message, content: Buffer.alloc(0) } : message, bytes };
}

/** How many of those that wait go to the handler together. */
function deliverable(waiting: readonly Taken[]): number {
  let total = 0;
  const last = waiting.findIndex(({ message }) => (total += message.content.length) >= DELIVERY_BYTES);
  return last === -1 ? waiting.length : last + 1;
}

/** All of a batch. On a channel that has ended, RabbitMQ has taken them back already. */
function acknowledge(channel: Channel, batch: readonly Taken[]): void {
  const last = batch.at(-1)?.message;
  try {
    if (last) channel.ack(last, true);
  } catch {
    // They are delivered again, and found to be known.
  }
}
