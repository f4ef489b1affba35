/** So often it is asked whether messages wait, milliseconds. */
const ASK_MS = 1_000;

/**
 * When nothing has shown for so long that it keeps up, milliseconds, it doesn't. So a message of a moment that waits
 * when it is asked changes nothing, and a worker of which all waits looks silent for no longer than that.
 */
const BEHIND_MS = 5_000;

/**
 * Knows for how long one consumer hears what is said. One that is behind doesn't: what a worker has said may wait in the
 * queue, or be dropped there. It is up to a moment when no message waited in the queue then, so that all were given
 * out, and those that it was given are handled.
 */
export class Hearing {
  /** By the clock that never jumps, as all here. Never, before it has begun and when it has ended. */
  private since: number | null = null;
  /** All that came before this moment is handled. */
  private upTo = Number.NEGATIVE_INFINITY;
  private given = 0;
  private handled = 0;
  private asking = false;
  /** When nothing waited, and how many had been given to it by then. */
  private empty: { at: number; given: number } | null = null;
  private timer: NodeJS.Timeout | null = null;
  private hasEnded = false;

  /**
   * @param waiting how many messages wait in the queue; one that is on its way to the consumer at that moment may be counted
   *   nowhere, and is with the next look
   * @param intervalMs who was behind for so long may have lost all that a worker has said meanwhile; where it is shorter
   *   than the time after which one is behind, that counts
   */
  constructor(
    private readonly waiting: () => Promise<number>,
    private readonly intervalMs: number,
  ) {}

  /** The consumer is there. Nothing happens when it has ended by then. */
  begin(): void {
    if (this.hasEnded) return;
    this.since = performance.now();
    this.upTo = this.since;
    this.timer = setInterval(() => void this.ask(), ASK_MS);
    this.timer.unref();
  }

  /** The consumer is there no more. */
  end(): void {
    this.hasEnded = true;
    this.since = null;
    if (this.timer) clearInterval(this.timer);
  }

  /** A message was given to the consumer. */
  gave(): void {
    this.given += 1;
  }

  /** The consumer is done with so many more, in the order in which they came. */
  done(messages: number): void {
    this.handled += messages;
    this.look();
  }

  /** For how long it hears all, milliseconds; null while it is behind, or not there. */
  listenedMs(): number | null {
    const now = performance.now();
    return this.since === null || now - this.upTo > BEHIND_MS ? null : now - this.since;
  }

  private async ask(): Promise<void> {
    if (this.asking || this.empty) return;
    this.asking = true;
    try {
      const at = performance.now();
      if ((await this.waiting()) === 0) this.empty = { at, given: this.given };
    } catch {
      // The channel has ended, and the consumer with it.
    }
    this.asking = false;
    this.look();
  }

  private look(): void {
    if (this.since === null || !this.empty || this.handled < this.empty.given) return;
    const { at } = this.empty;
    this.empty = null;
    if (at - this.upTo >= Math.max(this.intervalMs, BEHIND_MS)) this.since = at;
    this.upTo = at;
  }
}
