import {
  type DesiredStateMessage,
  MAX_MESSAGE_BYTES,
  parseDesiredState,
  streamName,
} from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { InTurn } from '../in-turn.js';
import type { DesiredStateFeed, FeedFinding } from '../ports.js';
import { BrokerConnection } from './broker-connection.js';
import type { ChannelPool } from './channel-pool.js';
import { ConfirmedPublisher } from './confirmed-publisher.js';
import { decodedJson } from './decoded-json.js';
import { codeOf, messageOf } from './error-facts.js';
import { examineRights } from './examine-rights.js';
import { NewestMessage } from './newest-message.js';
import { API_RECONNECT, type RabbitOptions } from './rabbit-options.js';
import { RareLog } from './rare-log.js';
import { readingChannels, readStream } from './read-stream.js';
import { declareStream } from './streams.js';
import { TimeLimitError } from './within.js';

/** Longest read of a stream's last chunk, milliseconds. */
const NEWEST_LIMIT_MS = 5_000;

/** Longest read of a whole stream, milliseconds. */
const HIGHEST_LIMIT_MS = 60_000;

export interface RabbitFeedOptions extends RabbitOptions {
  region: string;
}

/** The desired states of one region on its RabbitMQ: a stream per app, which nobody but the api writes. */
export class RabbitFeed implements DesiredStateFeed {
  readonly region: string;
  private readonly logger = new Logger('RabbitFeed');
  private readonly rare = new RareLog();
  private readonly connection: BrokerConnection;
  private readonly publisher: ConfirmedPublisher;
  private readonly reading: ChannelPool;
  private readonly inTurn = new InTurn();
  /** It is being found out whether RabbitMQ is there at all. */
  private probing = false;
  /** What RabbitMQ has refused last, and of which app when it is what was published. */
  private refusal: { words: string; published: string | null } | null = null;

  /** Begins to connect, in the background. */
  constructor({ region, ...options }: RabbitFeedOptions) {
    this.region = region;
    this.connection = new BrokerConnection({
      ...options,
      reconnect: { ...API_RECONNECT, ...options.reconnect },
    });
    this.publisher = new ConfirmedPublisher(this.connection);
    this.reading = readingChannels(this.connection);
    this.connection.start();
  }

  async publish(message: DesiredStateMessage): Promise<void> {
    const { app_name } = message;
    const body = Buffer.from(JSON.stringify(message));
    if (body.length > MAX_MESSAGE_BYTES) {
      throw new Error(
        `the message of ${app_name} has ${body.length} bytes; at most ${MAX_MESSAGE_BYTES} can be sent`,
      );
    }
    await this.inTurn.run(app_name, () =>
      this.watched(app_name, () => this.append(app_name, body), 'publishing'),
    );
  }

  distrust(appName: string): void {
    this.publisher.distrust(streamName(appName));
  }

  /** Null also when the newest message is none, with a warning; it is published again then. */
  async readNewest(appName: string): Promise<DesiredStateMessage | null> {
    return (await this.look(appName)).newest;
  }

  async readHighest(appName: string): Promise<DesiredStateMessage[]> {
    // Not every message of a long stream is validated, which would take long, but those that may be it.
    const newest = new NewestMessage(appName);
    await this.watched(appName, () =>
      readStream(this.reading, appName, 'first', HIGHEST_LIMIT_MS, (content) => newest.add(content)),
    );
    return newest.take().flatMap((payload) => this.parsed(appName, payload) ?? []);
  }

  async removeDeleted(appName: string): Promise<boolean> {
    return await this.inTurn.run(appName, async () => {
      const { isThere, newest } = await this.look(appName);
      if (!isThere) return true;
      if (newest?.deleted !== true) return false;
      await this.watched(appName, () => this.remove(appName));
      return true;
    });
  }

  problem(): string | null {
    return this.connection.problem() ?? this.refusal?.words ?? null;
  }

  lacksRoom(): boolean {
    return this.connection.isBlocked;
  }

  async examine(): Promise<FeedFinding[]> {
    return await examineRights(this.connection);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  private async look(appName: string): Promise<{ isThere: boolean; newest: DesiredStateMessage | null }> {
    let newest: Buffer | null = null;
    const isThere = await this.watched(appName, () =>
      readStream(this.reading, appName, 'last', NEWEST_LIMIT_MS, (content) => {
        newest = content;
      }),
    );
    return { isThere, newest: newest && this.parsed(appName, decodedJson(newest)) };
  }

  private async append(appName: string, body: Buffer): Promise<void> {
    const stream = streamName(appName);
    if ((await this.publisher.publish(stream, body)) === 'confirmed') return;
    await this.declare(appName);
    if ((await this.publisher.publish(stream, body)) === 'confirmed') return;
    throw new Error(`the stream of ${appName} is missing, though it was declared`);
  }

  private async declare(appName: string): Promise<void> {
    const channel = await this.connection.openChannel();
    try {
      await this.connection.answered(`declaring the stream of ${appName}`, declareStream(channel, appName));
    } finally {
      channel.close().catch(() => undefined);
    }
  }

  private async remove(appName: string): Promise<void> {
    const channel = await this.connection.openChannel();
    try {
      const removing = channel.deleteQueue(streamName(appName));
      await this.connection.answered(`removing the stream of ${appName}`, removing);
    } finally {
      channel.close().catch(() => undefined);
    }
  }

  private parsed(appName: string, payload: unknown): DesiredStateMessage | null {
    const parsed = parseDesiredState(payload);
    const problems = parsed.ok
      ? parsed.value.app_name === appName
        ? []
        : [`/app_name is ${parsed.value.app_name}, which has another stream`]
      : parsed.problems.map(({ pointer, message }) => `${pointer} ${message}`.trim());
    if (parsed.ok && problems.length === 0) return parsed.value;
    this.rare.say(appName, () =>
      this.logger.warn('a message in the stream of an app is of no use', { app: appName, problems }),
    );
    return null;
  }

  /**
   * Notes what is refused until it is allowed. That something is read says nothing of the right to publish, unless it is
   * what was refused: it is read before it is published again, and somebody else may have published it.
   */
  private async watched<T>(appName: string, work: () => Promise<T>, what?: 'publishing'): Promise<T> {
    try {
      const result = await work();
      const refused = this.refusal?.published ?? null;
      if (what === 'publishing' || refused === null || refused === appName) this.refusal = null;
      return result;
    } catch (error) {
      const words = refusalOf(error);
      if (words !== null) this.refusal = { words, published: what === 'publishing' ? appName : null };
      if (error instanceof TimeLimitError) void this.probe();
      throw error;
    }
  }

  /**
   * Something had no answer in time, which may be due to one stream. A broker that doesn't open a channel either is taken
   * for gone by the connection, long before it has missed enough heartbeats.
   */
  private async probe(): Promise<void> {
    if (this.probing) return;
    this.probing = true;
    try {
      const channel = await this.connection.openChannel();
      channel.close().catch(() => undefined);
    } catch {
      // Then the connection has a problem, and says it.
    } finally {
      this.probing = false;
    }
  }
}

/** RabbitMQ's words when it doesn't allow something; null for anything else. */
function refusalOf(error: unknown): string | null {
  if (codeOf(error) !== 403) return null;
  const [, words = 'not allowed'] = /"?ACCESS_REFUSED - ([^"]*)/.exec(messageOf(error)) ?? [];
  return `RabbitMQ refuses: ${words}; "setup-broker" sets the rights`;
}
