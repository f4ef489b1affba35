import { Logger } from '@nestjs/common';
import type { Channel } from 'amqplib';
import { AwaitedStreams, RETRY } from './awaited-streams.js';
import { type Backoff, backoffMs } from './backoff.js';
import type { BrokerConnection } from './broker-connection.js';
import { messageOf } from './error-facts.js';
import { findStreams, noAnswer } from './find-streams.js';
import { GivenUpChannels } from './given-up-channels.js';
import { RareLog } from './rare-log.js';
import type { StreamReader } from './stream-reader.js';
import { consumeStream } from './streams.js';
import { newSubscription, PREFETCH, type Subscription } from './subscription.js';
import { TimeLimitError, within } from './within.js';

/** Longest wait for the orderly end of the channel, milliseconds. */
const CLOSE_LIMIT_MS = 1_000;

/**
 * Follows the streams of a set of apps, all on one channel, from their last chunk on. Whatever happens, it comes back
 * to that: the set changes, a stream is missing, deleted or made anew, RabbitMQ is stuck with one, the channel or the
 * connection is lost.
 */
export class StreamSubscriptions {
  private readonly logger = new Logger('RabbitDesiredStates');
  private readonly rare = new RareLog();
  /** Each with what tells this time on the list from any other. */
  private apps = new Map<string, symbol>();
  private channel: Channel | null = null;
  /** On that channel. */
  private subscriptions = new Map<string, Subscription>();
  /** Apps whose stream was there when it was looked for. */
  private readonly known = new Set<string>();
  private readonly waiting: AwaitedStreams;
  private readonly givenUp: GivenUpChannels;
  private channelFailures = 0;
  private timer: NodeJS.Timeout | undefined;
  private synchronizing = false;
  private outdated = false;
  private catchingUp = false;
  /** RabbitMQ has blocked the connection, and has yet to say whether what was received is all. */
  private isOwedAnswer = false;
  private stopped = false;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly reader: StreamReader,
    private readonly retry: Backoff = RETRY,
  ) {
    this.waiting = new AwaitedStreams(retry);
    this.givenUp = new GivenUpChannels(connection);
    connection.listen({ opened: () => this.synchronize(), lost: () => this.forgetChannel() });
  }

  /**
   * From now on these apps are followed, and no others. One that was taken off the list begins anew when it is put
   * back, however soon.
   */
  setApps(apps: readonly string[]): void {
    this.apps = new Map(apps.map((app) => [app, this.apps.get(app) ?? Symbol(app)]));
    this.waiting.keepOnly(this.apps);
    this.synchronize();
  }

  /** Ends the subscriptions. The connection stays, as it is not theirs alone. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const { channel } = this;
    this.forgetChannel();
    if (channel) await within(CLOSE_LIMIT_MS, 'closing', channel.close()).catch(() => undefined);
  }

  /** Null when all streams that exist are followed, else why one of them is not. */
  problem(): string | null {
    const hasNoChannel = this.channel === null && this.apps.size > 0;
    if (hasNoChannel || this.channelFailures > 0 || this.isOwedAnswer)
      return this.connection.problem() ?? 'streams could not be followed';
    return this.waiting.problem();
  }

  /** Brings the subscriptions to what they should be, in the background. */
  private synchronize(): void {
    this.outdated = true;
    if (this.synchronizing || this.stopped) return;
    this.synchronizing = true;
    void this.work().finally(() => {
      this.synchronizing = false;
      this.scheduleRetry();
    });
  }

  private async work(): Promise<void> {
    while (this.outdated && !this.stopped && this.connection.isOpen) {
      this.outdated = false;
      try {
        await this.approach();
        this.channelFailures = 0;
      } catch (error) {
        this.noteFailure(error);
        return;
      }
    }
  }

  private async approach(): Promise<void> {
    this.channel ??= await this.openChannel();
    const { channel } = this;
    const now = performance.now();
    for (const [app, subscription] of [...this.subscriptions]) {
      const isRight = subscription.received > 0 || !this.waiting.isDue(app, now);
      if (isRight && this.isListed(app, subscription.listing)) continue;
      this.subscriptions.delete(app);
      await this.connection.answered('ending a subscription', channel.cancel(subscription.consumerTag));
    }
    const due = this.waiting.due(this.apps.keys(), now).filter((app) => !this.subscriptions.has(app));
    await this.lookFor(due.filter((app) => !this.known.has(app)));
    for (const app of due) {
      const listing = this.apps.get(app);
      if (listing && this.known.has(app)) await this.subscribe(channel, app, listing);
    }
  }

  private isListed(app: string, listing: symbol): boolean {
    return this.apps.get(app) === listing;
  }

  private async openChannel(): Promise<Channel> {
    const channel = await this.connection.openChannel(async (opened) => {
      opened.on('close', () => {
        if (this.channel === opened) this.forgetChannel();
        this.synchronize();
      });
      await opened.prefetch(PREFETCH);
    });
    if (!this.stopped) return channel;
    channel.close().catch(() => undefined);
    throw new Error('the subscriptions have ended');
  }

  /** Finds out on another channel which streams can be read, since reading a missing one ends the channel. */
  private async lookFor(apps: readonly string[]): Promise<void> {
    const found = await findStreams(this.connection, this.givenUp, apps);
    if (found.size < apps.length) this.outdated = true;
    for (const [app, outcome] of found) {
      if (outcome === 'found') {
        this.known.add(app);
        this.waiting.found(app);
      } else if (this.apps.has(app)) this.waitFor(app, outcome.problem);
    }
  }

  private async subscribe(channel: Channel, app: string, listing: symbol): Promise<void> {
    const subscription = newSubscription(listing);
    this.reader.began(app);
    const consuming = consumeStream(channel, app, 'last', (message) => {
      if (message) this.receive(app, subscription, () => channel.ack(message), message.content);
      else this.end(app, subscription);
    });
    try {
      const what = `subscribing to the stream of ${app}`;
      subscription.consumerTag = await within(this.connection.callLimitMs, what, consuming);
      if (this.channel === channel && !subscription.ended) this.subscriptions.set(app, subscription);
      this.rare.forget(app);
      // It is ended by the next look, and nobody waits for what it brings.
      if (!this.isListed(app, listing)) return;
      // A subscription at the moment of a stream's first message can begin behind it, and would never bring it. So one
      // that has brought nothing is made again.
      if (subscription.received === 0) this.waiting.wait(app, null);
      else this.waiting.came(app);
      // Its first messages can have come before that.
      void this.catchUp();
    } catch (error) {
      // Where one is gone, others may be, and each would end the channel.
      this.known.clear();
      // One that begins late is followed by another, and nobody else knows it.
      consuming.then((consumerTag) => channel.cancel(consumerTag)).catch(() => undefined);
      // A blocked connection has no answers at all.
      if (error instanceof TimeLimitError && !this.connection.isBlocked) this.giveUp(channel, app);
      throw error;
    }
  }

  private receive(app: string, subscription: Subscription, acknowledge: () => void, content: Buffer): void {
    try {
      acknowledge();
    } catch {
      // The channel has just ended; the message will come again on the next one.
      return;
    }
    subscription.received += 1;
    if (!this.isListed(app, subscription.listing)) return;
    this.waiting.came(app);
    this.reader.received(app, content);
    if (!subscription.caughtUp) void this.catchUp();
  }

  /**
   * RabbitMQ sends all that a stream holds, as far as it is acknowledged, before it answers another call on the
   * channel. So a stream of which nothing more has come until then is received up to its end.
   */
  private async catchUp(): Promise<void> {
    if (this.catchingUp) return;
    this.catchingUp = true;
    for (;;) {
      const { channel } = this;
      const behind = [...this.subscriptions].filter(
        ([app, { listing, caughtUp, received }]) => !caughtUp && received > 0 && this.isListed(app, listing),
      );
      const counts = behind.map(([, { received }]) => received);
      if (!channel || behind.length === 0) break;
      if (!(await this.hasAnswered(channel))) {
        // The channel ends. What has begun on another one meanwhile is looked at, too.
        if (this.channel === channel) break;
        continue;
      }
      for (const [index, [app, subscription]] of behind.entries()) {
        if (this.subscriptions.get(app) !== subscription || subscription.received !== counts[index]) continue;
        if (!this.isListed(app, subscription.listing)) continue;
        subscription.caughtUp = true;
        this.reader.caughtUp(app);
      }
    }
    this.catchingUp = false;
  }

  /**
   * False when the channel ends without an answer. One that is late, since RabbitMQ has blocked the connection, says as
   * much as any other, and nobody else would ask for it again.
   */
  private async hasAnswered(channel: Channel): Promise<boolean> {
    const answer = channel.prefetch(PREFETCH);
    for (;;) {
      try {
        await within(this.connection.callLimitMs, 'an answer of RabbitMQ', answer);
        this.isOwedAnswer = false;
        return true;
      } catch (error) {
        this.isOwedAnswer = error instanceof TimeLimitError && this.channel === channel;
        if (!this.isOwedAnswer) return false;
        if (!this.connection.isBlocked) this.connection.drop(error);
      }
    }
  }

  /** The stream was deleted, or its replica here has ended. */
  private end(app: string, subscription: Subscription): void {
    subscription.ended = true;
    if (this.subscriptions.get(app) === subscription) this.subscriptions.delete(app);
    this.known.delete(app);
    this.synchronize();
  }

  /**
   * RabbitMQ does nothing more on a channel that it is stuck on. So all others are followed anew, on another one; if there
   * is none to be had, the connection is at fault.
   */
  private giveUp(channel: Channel, app: string): void {
    if (this.channel === channel) this.forgetChannel();
    this.givenUp.close(channel);
    if (this.apps.has(app)) this.waitFor(app, noAnswer(app));
  }

  private forgetChannel(): void {
    this.channel = null;
    this.subscriptions = new Map();
  }

  private waitFor(app: string, problem: string | null): void {
    this.waiting.wait(app, problem);
    const words = problem ?? 'the app has no stream yet; it is waited for';
    this.rare.say(app, () => {
      if (problem === null) this.logger.log(words, { app });
      else this.logger.warn(words, { app });
    });
  }

  /** The channel can't be used. While there is no connection, or at the end, that is no news. */
  private noteFailure(error: unknown): void {
    this.channelFailures += 1;
    if (this.stopped || !this.connection.isOpen) return;
    const reason = messageOf(error);
    this.rare.say('channel', () =>
      this.logger.warn('streams could not be followed; this is tried again', { reason }),
    );
  }

  private scheduleRetry(): void {
    clearTimeout(this.timer);
    if (this.stopped || !this.connection.isOpen) return;
    const now = performance.now();
    // Whatever is due waits for the channel, too.
    const next =
      this.channelFailures > 0
        ? now + backoffMs(this.retry, this.channelFailures - 1)
        : Math.min(...this.waiting.times());
    if (next < Number.POSITIVE_INFINITY)
      this.timer = setTimeout(() => this.synchronize(), Math.max(1, next - now));
  }
}
