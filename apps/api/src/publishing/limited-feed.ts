import { setMaxListeners } from 'node:events';
import type { DesiredStateMessage } from '@nebula/contracts';
import type { DesiredStateFeed, FeedFinding } from '@nebula/messaging';

/** Longest read of all that a stream holds, milliseconds. */
const WHOLE_STREAM_LIMIT_MS = 60_000;

/** A feed whose calls end in time: with an error when they take too long or the publisher stops. */
export class LimitedFeed {
  /** @param limitMs of each call that names no other */
  constructor(
    private readonly feed: DesiredStateFeed,
    private readonly limitMs: number,
    private readonly stopping: AbortSignal,
  ) {
    // Each call under way listens to it, and thousands of apps may be verified at the same time.
    setMaxListeners(0, stopping);
  }

  get region(): string {
    return this.feed.region;
  }

  async publish(message: DesiredStateMessage): Promise<void> {
    await this.within('publishing', this.limitMs, () => this.feed.publish(message));
  }

  /** The feed lacks what it has confirmed of an app. */
  distrust(appName: string): void {
    this.feed.distrust?.(appName);
  }

  async readNewest(appName: string, limitMs = this.limitMs): Promise<DesiredStateMessage | null> {
    return await this.within('reading', limitMs, () => this.feed.readNewest(appName));
  }

  async readHighest(appName: string): Promise<DesiredStateMessage[]> {
    return await this.within('reading all', WHOLE_STREAM_LIMIT_MS, () => this.feed.readHighest(appName));
  }

  async removeDeleted(appName: string): Promise<boolean> {
    return await this.within('removing a stream', this.limitMs, () => this.feed.removeDeleted(appName));
  }

  /** What the transport doesn't let the api do; nothing where it can't refuse. */
  async examine(): Promise<FeedFinding[]> {
    return await this.within('examining', this.limitMs, async () => (await this.feed.examine?.()) ?? []);
  }

  problem(): string | null {
    return this.feed.problem();
  }

  lacksRoom(): boolean {
    return this.feed.lacksRoom?.() ?? false;
  }

  private async within<T>(what: string, limitMs: number, call: () => Promise<T>): Promise<T> {
    this.stopping.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const ended = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${what} took longer than ${limitMs} ms`)), limitMs);
      stop = () => reject(new Error(`the publisher stopped while ${what}`));
      this.stopping.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([call(), ended]);
    } finally {
      clearTimeout(timer);
      this.stopping.removeEventListener('abort', stop);
    }
  }
}
