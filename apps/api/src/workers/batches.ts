interface Waiting<T> {
  item: T;
  done: () => void;
}

export interface BatchLimits {
  /** The first of a batch waits so long for others, milliseconds. */
  wait_ms: number;
  /** Most items of one batch. */
  size: number;
  /** So many may wait; more are refused. */
  waiting: number;
}

/** Collects items and hands them on together, one batch after the other: what comes during one makes the next. */
export class Batches<T> {
  private waiting: Waiting<T>[] = [];
  private timer: NodeJS.Timeout | null = null;
  private working = false;

  /** @param handle mustn't reject */
  constructor(
    private readonly limits: BatchLimits,
    private readonly handle: (items: T[]) => Promise<void>,
  ) {}

  /** Resolves when the item has been handled; false at once when too many wait. */
  async add(item: T): Promise<boolean> {
    if (this.waiting.length >= this.limits.waiting) return false;
    await new Promise<void>((done) => {
      this.waiting.push({ item, done });
      this.schedule();
    });
    return true;
  }

  private schedule(): void {
    if (this.working || this.waiting.length === 0) return;
    if (this.waiting.length >= this.limits.size) void this.work();
    else this.timer ??= setTimeout(() => void this.work(), this.limits.wait_ms);
  }

  private async work(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.working = true;
    const batch = this.waiting.splice(0, this.limits.size);
    try {
      await this.handle(batch.map(({ item }) => item));
    } finally {
      this.working = false;
      for (const { done } of batch) done();
      this.schedule();
    }
  }
}
