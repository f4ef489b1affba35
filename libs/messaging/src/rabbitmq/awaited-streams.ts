import { type Backoff, backoffMs } from './backoff.js';

interface Awaited {
  failures: number;
  /** By the monotonic clock, milliseconds. */
  until: number;
  /** Why the stream can't be read, null when it is only missing. */
  problem: string | null;
}

/** Apps whose streams are missing or empty or can't be read, each with its own wait until the next try. */
export class AwaitedStreams {
  private readonly apps = new Map<string, Awaited>();

  constructor(private readonly retry: Backoff) {}

  /** Waits for an app's stream, longer each time. @param problem why it can't be read, null when it is only missing */
  wait(app: string, problem: string | null): void {
    const failures = (this.apps.get(app)?.failures ?? -1) + 1;
    const until = performance.now() + backoffMs(this.retry, failures);
    this.apps.set(app, { failures, until, problem });
  }

  /** It need not be waited for any more. */
  forget(app: string): void {
    this.apps.delete(app);
  }

  /** Waits for none but these. */
  keepOnly(apps: ReadonlySet<string>): void {
    for (const app of this.apps.keys()) if (!apps.has(app)) this.apps.delete(app);
  }

  /** Whether an app's wait is over by then, or it has none. */
  isDue(app: string, now: number): boolean {
    return (this.apps.get(app)?.until ?? 0) <= now;
  }

  /** When each wait is over, by the monotonic clock, milliseconds. */
  times(): number[] {
    return [...this.apps.values()].map(({ until }) => until);
  }

  /** Null when each of them is only missing, else why one can't be read. */
  problem(): string | null {
    for (const { problem } of this.apps.values()) if (problem !== null) return problem;
    return null;
  }
}
