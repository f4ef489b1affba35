/** Runs work in the order in which it comes, one after the other for each key. */
export class InTurn {
  private readonly last = new Map<string, Promise<unknown>>();

  /** What the work answers or throws; work before it that failed doesn't matter. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key);
    const running = before ? before.then(work, work) : work();
    this.last.set(key, running);
    try {
      return await running;
    } finally {
      if (this.last.get(key) === running) this.last.delete(key);
    }
  }

  /** Resolves when all that has come until now has ended, well or not. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.last.values());
  }
}
