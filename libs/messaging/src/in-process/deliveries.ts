/**
 * Hands messages on without making whoever brings them wait. For each key one is under way at a time and the
 * newest waits; those between are dropped, since every message is a full snapshot.
 */
export class Deliveries {
  private readonly waiting = new Map<string, string>();
  private readonly underWay = new Map<string, Promise<void>>();
  private closed = false;

  /** @param deliver mustn't reject */
  constructor(private readonly deliver: (text: string, key: string) => Promise<void>) {}

  offer(key: string, text: string): void {
    if (this.closed) return;
    this.waiting.set(key, text);
    if (this.underWay.has(key)) return;
    const work = this.work(key).finally(() => this.underWay.delete(key));
    this.underWay.set(key, work);
  }

  /** Takes nothing more, and drops what waits. Resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.waiting.clear();
    await this.settled();
  }

  /** Takes nothing more. Resolves when everything has been delivered. */
  async drain(): Promise<void> {
    this.closed = true;
    await this.settled();
  }

  private async settled(): Promise<void> {
    await Promise.all(this.underWay.values());
  }

  private async work(key: string): Promise<void> {
    // Never on the stack of whoever offers.
    await Promise.resolve();
    for (let text = this.take(key); text !== undefined; text = this.take(key)) await this.deliver(text, key);
  }

  private take(key: string): string | undefined {
    const text = this.waiting.get(key);
    this.waiting.delete(key);
    return text;
  }
}
