import type { AppRecord } from '../store/app-store.js';

/**
 * What was written longer ago than this is compared and not appended as it is: another instance may have written and
 * published since. Many changes at once wait for each other not so long.
 */
const RECENT_MS = 10_000;

/** What was just written of apps, until it is their turn to be published. */
export class RecentWrites {
  private readonly writes = new Map<string, { record: AppRecord; at: number }>();
  private failedAt = Number.NEGATIVE_INFINITY;

  /** @param elapsed milliseconds by a monotonic clock */
  constructor(private readonly elapsed: () => number) {}

  note(record: AppRecord): void {
    const earlier = this.writes.get(record.app_name)?.record;
    if (earlier && earlier.revision >= record.revision) return;
    this.writes.set(record.app_name, { record, at: this.elapsed() });
  }

  /** A call of the feed has failed: what is here has waited for it. */
  failed(): void {
    this.failedAt = this.elapsed();
  }

  /** Null when nothing was written, or not just now. What had to wait for a stream that doesn't answer isn't, either. */
  take(appName: string): AppRecord | null {
    const written = this.writes.get(appName);
    this.writes.delete(appName);
    const since = Math.max(this.failedAt, this.elapsed() - RECENT_MS);
    return written && written.at > since ? written.record : null;
  }

  clear(): void {
    this.writes.clear();
  }
}
