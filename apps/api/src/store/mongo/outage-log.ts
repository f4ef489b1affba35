/** Where the state of the database is told to whoever runs the api. */
export interface StoreLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
}

const FIRST_INTERVAL_MS = 30_000;
const LONGEST_INTERVAL_MS = 3_600_000;

/** Tells the begin and the end of an outage once, and in between the newest reason at growing intervals. */
export class OutageLog {
  private intervalMs = FIRST_INTERVAL_MS;
  private nextAt = Number.NEGATIVE_INFINITY;
  private reason: string | null = null;

  constructor(
    private readonly log: StoreLog,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Why the last call failed, if it did. */
  get problem(): string | null {
    return this.reason;
  }

  failed(reason: string): void {
    this.reason = reason;
    if (this.now() < this.nextAt) return;
    this.log.warn('the database is away', { reason });
    this.nextAt = this.now() + this.intervalMs;
    this.intervalMs = Math.min(this.intervalMs * 2, LONGEST_INTERVAL_MS);
  }

  succeeded(): void {
    if (this.reason === null) return;
    this.reason = null;
    this.intervalMs = FIRST_INTERVAL_MS;
    this.nextAt = Number.NEGATIVE_INFINITY;
    this.log.info('the database is back');
  }
}
