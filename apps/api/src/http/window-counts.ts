/** So many keys are counted; the one whose window has begun first is forgotten first. */
const REMEMBERED = 5_000;

interface Window {
  count: number;
  end: number;
}

/** Counts by key, in windows of time that begin with the first of a key. */
export class WindowCounts {
  /** In the order in which their windows have begun, which is the one in which they end. */
  private readonly windows = new Map<string, Window>();

  /**
   * @param limit so many are allowed in a window
   * @param length of a window, milliseconds
   * @param now by a monotonic clock, milliseconds
   */
  constructor(
    private readonly limit: number,
    private readonly length: number,
    private readonly now: () => number,
    private readonly remembered = REMEMBERED,
  ) {}

  /** Counts one. Answers 0 when it is allowed, else how long the window goes on, milliseconds. */
  count(key: string): number {
    const now = this.now();
    const window = this.windows.get(key);
    if (window === undefined || window.end <= now) {
      this.begin(key, now);
      return 0;
    }
    window.count += 1;
    return window.count > this.limit ? window.end - now : 0;
  }

  private begin(key: string, now: number): void {
    this.windows.delete(key);
    this.windows.set(key, { count: 1, end: now + this.length });
    for (const [oldest, { end }] of this.windows) {
      if (end > now && this.windows.size <= this.remembered) break;
      this.windows.delete(oldest);
    }
  }
}
