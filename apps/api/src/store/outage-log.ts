/** Where the state of the database is told to whoever runs the api. */
export interface StoreLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

const FIRST_INTERVAL_MS = 30_000;
const LONGEST_INTERVAL_MS = 3_600_000;
/** After so long without a failure the next one is a new outage. */
const CALM_MS = 60_000;

/**
 * The one who tells of the database's outages, for all that use it. Tells that it is away, once and then at growing intervals with the newest reason, and that it is back.
 * One that comes and goes, or that answers some calls alone, makes no more lines than one that is away.
 */
export class OutageLog {
  private reason: string | null = null;
  private isTold = false;
  private failedAt = Number.NEGATIVE_INFINITY;
  private intervalMs = FIRST_INTERVAL_MS;
  private nextAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly log: StoreLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Why the last call failed, if it did. */
  get problem(): string | null {
    return this.reason;
  }

  failed(reason: string): void {
    const now = this.now();
    if (now - this.failedAt > CALM_MS) {
      this.intervalMs = FIRST_INTERVAL_MS;
      this.nextAt = now;
    }
    this.reason = reason;
    this.failedAt = now;
    if (now < this.nextAt) return;
    this.log.warn('the database is away', { reason });
    this.isTold = true;
    this.nextAt = now + this.intervalMs;
    this.intervalMs = Math.min(this.intervalMs * 2, LONGEST_INTERVAL_MS);
  }

  succeeded(): void {
    this.reason = null;
    if (!this.isTold) return;
    this.isTold = false;
    this.log.info('the database is back');
  }
}
