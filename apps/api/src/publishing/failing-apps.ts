import type { Clock } from '../clock.js';

/** So long it is remembered of an app that it has failed, milliseconds. */
export const LATELY_MS = 3_600_000;

/** Apps that can't be brought into one region's feed, and those of which that was so lately. */
export class FailingApps {
  /** What the last attempt of each ended with. */
  private readonly reasons = new Map<string, string>();
  /** When each has failed last, by a monotonic clock, milliseconds; the earliest first. */
  private readonly failedAt = new Map<string, number>();

  constructor(private readonly clock: Pick<Clock, 'elapsed'>) {}

  get size(): number {
    return this.reasons.size;
  }

  /** What the last attempt of an app ended with, null when it succeeded. */
  reasonOf(appName: string): string | null {
    return this.reasons.get(appName) ?? null;
  }

  /** Whether an app fails, or has within the last hour. */
  hasFailedLately(appName: string): boolean {
    if (this.reasons.has(appName)) return true;
    const at = this.failedAt.get(appName);
    return at !== undefined && this.clock.elapsed() - at < LATELY_MS;
  }

  failed(appName: string, reason: string): void {
    const now = this.clock.elapsed();
    this.reasons.set(appName, reason);
    this.failedAt.delete(appName);
    this.failedAt.set(appName, now);
    for (const [earliest, at] of this.failedAt) {
      if (now - at < LATELY_MS) return;
      this.failedAt.delete(earliest);
    }
  }

  /** @returns whether it had failed */
  succeeded(appName: string): boolean {
    return this.reasons.delete(appName);
  }
}
