import { Injectable } from '@nestjs/common';

/**
 * Wakes whoever waits for news of workers. It knows of what this instance has taken alone; what others take is
 * found by looking again, so nobody waits here without a limit.
 */
@Injectable()
export class News {
  private readonly waiting = new Set<() => void>();

  /** There is something new to be seen in the store. */
  announce(): void {
    for (const wake of this.waiting) wake();
  }

  /** Resolves at the next announcement, when the time is over, or when the signal is aborted. */
  async next(limitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      this.waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
