import { comparePositions, type DesiredStateMessage } from '@nebula/contracts';
import { type DesiredStateFeed, SilentStreamError } from '@nebula/messaging';

/** A real feed that can be made to fail in the ways in which brokers do. */
export class FaultyFeed implements DesiredStateFeed {
  /** Calls are refused. */
  away = false;
  /** Why it is away, each time for the next of these reasons. */
  reasons: readonly string[] = ['the feed is away'];
  /** Calls are never answered. */
  hanging = false;
  /** Only reading is never answered. */
  unreadable = false;
  /** Nothing comes of what an app is said to have, until something is appended. */
  readonly hollow = new Set<string>();
  /** … or also then. */
  silent = false;
  /** Apps of which no message is taken. */
  readonly refused = new Set<string>();
  /** Removing is refused. */
  unremovable = false;
  /** Messages are confirmed and dropped. */
  lying = false;
  /** … until that was noticed. */
  lyingUntilDistrusted = false;
  /** Messages are on their way until `deliverHeld`, and not confirmed. */
  holding = false;
  /** Publishes that were called. */
  attempts = 0;
  /** Calls that were refused, as it was away. */
  refusals = 0;
  /** Calls that were never answered. */
  unanswered = 0;
  /** When each app was read first, by the monotonic clock, milliseconds. */
  readonly reads = new Map<string, number>();
  /** What was appended, oldest first. */
  readonly appended: DesiredStateMessage[] = [];
  private readonly held: DesiredStateMessage[] = [];

  constructor(
    /** What works whatever this is made to do. */
    readonly inner: DesiredStateFeed,
    readonly region = inner.region,
  ) {}

  async publish(message: DesiredStateMessage): Promise<void> {
    this.attempts += 1;
    await this.answer();
    if (this.refused.has(message.app_name)) throw new Error('the message is refused');
    if (this.lying || this.lyingUntilDistrusted) return;
    if (this.holding) {
      this.held.push(message);
      await forever();
    }
    await this.append(message);
  }

  distrust(): void {
    this.lyingUntilDistrusted = false;
  }

  async readNewest(appName: string): Promise<DesiredStateMessage | null> {
    if (!this.reads.has(appName)) this.reads.set(appName, performance.now());
    await this.answer();
    if (this.unreadable) await forever();
    if (this.silent || this.hollow.has(appName)) throw new SilentStreamError('nothing came');
    return await this.inner.readNewest(appName);
  }

  async readHighest(appName: string): Promise<DesiredStateMessage[]> {
    await this.answer();
    if (this.unreadable) await forever();
    // The feed below retains the newest alone; a stream has what was ever appended.
    const all = this.appended.filter(({ app_name }) => app_name === appName);
    const [highest] = all.toSorted((a, b) => comparePositions(b, a));
    const isRival = (message: DesiredStateMessage) =>
      highest && comparePositions(message, highest) === 0 && message.digest !== highest.digest;
    const rival = all.find(isRival);
    return [...(highest ? [highest] : []), ...(rival ? [rival] : [])];
  }

  async removeDeleted(appName: string): Promise<boolean> {
    await this.answer();
    if (this.unremovable) throw new Error('the feed removes nothing');
    return await this.inner.removeDeleted(appName);
  }

  problem(): string | null {
    return this.away ? this.reason : null;
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  get heldCount(): number {
    return this.held.length;
  }

  /** What was on its way arrives, long after its sender has given it up. */
  async deliverHeld(): Promise<void> {
    this.holding = false;
    for (const message of this.held.splice(0)) await this.append(message);
  }

  private get reason(): string {
    return this.reasons[this.refusals % this.reasons.length] ?? '';
  }

  private async append(message: DesiredStateMessage): Promise<void> {
    this.appended.push(message);
    this.hollow.delete(message.app_name);
    await this.inner.publish(message);
  }

  private async answer(): Promise<void> {
    if (this.away) {
      this.refusals += 1;
      throw new Error(this.reason);
    }
    if (!this.hanging) return;
    this.unanswered += 1;
    await forever();
  }
}

async function forever(): Promise<never> {
  return await new Promise<never>(() => {});
}
