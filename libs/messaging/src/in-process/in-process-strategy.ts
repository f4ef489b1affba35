import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { callHandler } from '../call-handler.js';
import { Deliveries } from './deliveries.js';

/** Where a strategy's messages come from. */
export interface MessageSource {
  /** Calls `offer` with each message's key and JSON text, from now on. Answers how to end that. */
  subscribe(offer: (key: string, text: string) => void): () => void;
  /** What becomes of messages that still wait when the strategy is closed. */
  readonly atClose: 'deliver' | 'drop';
  /** What a handler is given for a message; the decoded JSON when absent. */
  delivery?(payload: unknown): unknown;
  /** What a handler is told beside it, by the message's key. */
  origin?(key: string): object;
}

/** Longest wait for handlers that are under way when the strategy is closed, milliseconds. */
const CLOSE_LIMIT_MS = 5_000;

/**
 * Brings the messages of a source to the `@EventPattern` handlers of a Nest microservice in this process. A
 * handler that fails is logged and changes nothing for the next message.
 */
export class InProcessStrategy extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger(InProcessStrategy.name);
  private deliveries: Deliveries | null = null;
  private unsubscribe = () => {};
  /** By the clock that never jumps, milliseconds. */
  private since: number | null = null;
  private pausing: { over: Promise<void>; end: () => void } | null = null;

  constructor(
    private readonly pattern: string,
    private readonly source: MessageSource,
  ) {
    super();
  }

  listen(callback: () => void): void {
    const deliveries = new Deliveries((text, key) => this.deliver(text, key));
    this.deliveries = deliveries;
    this.unsubscribe = this.source.subscribe((key, text) => deliveries.offer(key, text));
    this.since = performance.now();
    callback();
  }

  /** For how long it brings messages, milliseconds; null while it doesn't. */
  listenedMs(): number | null {
    return this.since === null ? null : performance.now() - this.since;
  }

  /** What is under way is handled anew after it. */
  pause(): void {
    if (this.pausing || !this.deliveries) return;
    this.since = null;
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.pausing = { over, end };
  }

  resume(): void {
    this.pausing?.end();
    this.pausing = null;
    if (this.deliveries) this.since = performance.now();
  }

  /** Nothing can come between the parts of one process. */
  problem(): null {
    return null;
  }

  async close(): Promise<void> {
    this.since = null;
    this.unsubscribe();
    const { deliveries, pausing } = this;
    this.deliveries = null;
    if (!deliveries) return;
    const end = this.source.atClose === 'deliver' && !pausing ? deliveries.drain() : deliveries.close();
    pausing?.end();
    await waitAtMost(end, CLOSE_LIMIT_MS);
  }

  /** There are no events of a connection. */
  on(): void {}

  unwrap<T>(): T {
    throw new Error('There is no client behind the in-process transport.');
  }

  private async deliver(text: string, key: string): Promise<void> {
    for (let isDue = true; isDue; isDue = this.pausing !== null) {
      await this.pausing?.over;
      // Closed while it was paused.
      if (this.pausing) return;
      await this.handle(text, key);
    }
  }

  private async handle(text: string, key: string): Promise<void> {
    try {
      const handler = this.getHandlerByPattern(this.pattern);
      if (!handler) throw new Error(`nothing handles the pattern ${this.pattern}`);
      // Decoded anew for each handler, as if it had come over a network.
      const payload: unknown = JSON.parse(text);
      const delivered = this.source.delivery ? this.source.delivery(payload) : payload;
      await callHandler(handler, delivered, this.source.origin?.(key));
    } catch (error) {
      this.logger.error(`a ${this.pattern} message could not be handled`, error);
    }
  }
}

async function waitAtMost(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
