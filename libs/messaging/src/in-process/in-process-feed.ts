import { type DesiredStateMessage, MAX_MESSAGE_BYTES, parseDesiredState } from '@nebula/contracts';
import { Logger } from '@nestjs/common';
import { type AppSelection, type DesiredStateFeed, selects } from '../ports.js';
import { InTurn } from '../in-turn.js';
import { RetainedMessages } from './retained-messages.js';

type Offer = (appName: string, text: string) => void;

interface Follower {
  selection: AppSelection;
  offer: Offer;
}

/**
 * A feed for one process. The newest message of each app is on disk, so that what a feed knows outlives the
 * database as it does on a real broker.
 */
export class InProcessFeed implements DesiredStateFeed {
  private readonly logger = new Logger('InProcessFeed');
  private readonly retained: RetainedMessages;
  private readonly inTurn = new InTurn();
  private readonly followers = new Set<Follower>();
  private lastProblem: string | null = null;

  constructor(
    readonly region: string,
    directory: string,
  ) {
    this.retained = new RetainedMessages(directory);
  }

  async publish(message: DesiredStateMessage): Promise<void> {
    const { app_name } = message;
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_MESSAGE_BYTES) {
      throw new Error(
        `the message of ${app_name} has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} can be sent`,
      );
    }
    await this.inTurn.run(app_name, async () => {
      await this.watched(() => this.retained.write(app_name, text));
      for (const { selection, offer } of this.followers)
        if (selects(selection, app_name)) offer(app_name, text);
    });
  }

  /** Null also when what is retained is no message, with a warning; it is published again then. */
  async readNewest(appName: string): Promise<DesiredStateMessage | null> {
    const text = await this.inTurn.run(appName, () => this.watched(() => this.retained.read(appName)));
    if (text === null) return null;
    const parsed = parseDesiredState(decoded(text));
    if (parsed.ok) return parsed.value;
    const problems = parsed.problems.map(({ pointer, message }) => `${pointer} ${message}`.trim());
    this.logger.warn('the retained message of an app is of no use', { app: appName, problems });
    return null;
  }

  async removeDeleted(appName: string): Promise<boolean> {
    return await this.inTurn.run(appName, async () => {
      const text = await this.watched(() => this.retained.read(appName));
      if (text === null) return true;
      const parsed = parseDesiredState(decoded(text));
      if (!parsed.ok || !parsed.value.deleted) return false;
      await this.watched(() => this.retained.remove(appName));
      return true;
    });
  }

  /** No other message is retained. */
  async readHighest(appName: string): Promise<DesiredStateMessage[]> {
    const newest = await this.readNewest(appName);
    return newest ? [newest] : [];
  }

  problem(): string | null {
    return this.lastProblem;
  }

  /** Waits for what is being written, also what its caller has given up: the folder is then free for another. */
  async close(): Promise<void> {
    await this.inTurn.idle();
  }

  /**
   * Calls `offer` with the newest message of each selected app, and then with each that is published. Answers
   * how to end that.
   */
  follow(selection: AppSelection, offer: Offer): () => void {
    const follower = { selection, offer };
    this.followers.add(follower);
    void this.offerRetained(follower);
    return () => this.followers.delete(follower);
  }

  private async offerRetained(follower: Follower): Promise<void> {
    const { selection } = follower;
    try {
      const names = selection.kind === 'all' ? await this.retained.names() : selection.apps;
      for (const name of names) void this.inTurn.run(name, () => this.offerNewest(follower, name));
    } catch (error) {
      this.logger.error('the retained messages could not be listed', error);
    }
  }

  private async offerNewest(follower: Follower, appName: string): Promise<void> {
    try {
      const text = await this.retained.read(appName);
      if (text === null || !this.followers.has(follower)) return;
      if (decoded(text) === undefined) this.logger.warn('a retained message is no JSON', { app: appName });
      else follower.offer(appName, text);
    } catch (error) {
      this.logger.error('a retained message could not be read', { app: appName }, error);
    }
  }

  private async watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.lastProblem = null;
      return result;
    } catch (error) {
      this.lastProblem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}

/** Undefined when it isn't JSON. What the parser says about that is dropped: it would quote environment values. */
function decoded(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
