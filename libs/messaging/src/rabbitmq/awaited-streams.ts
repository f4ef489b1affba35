import { type Backoff, backoffMs } from './backoff.js';

/**
 * Waits for a stream that is missing or empty, or that can't be read where we are connected. The first ones are short,
 * for an app that is made while its workers start. The longest isn't shorter, since each try costs the broker a
 * channel that ends with an error: a million workers that list an app which never comes make 33,000 of them a second
 * with it, whatever else happens.
 */
export const RETRY: Backoff = { first_ms: 1_000, longest_ms: 60_000 };

/**
 * Longest wait for a stream that there was, milliseconds, times the number of apps whose streams are lost: the api makes it
 * anew when it next compares the app, and until the worker looks again it runs what it has. Not shorter, since all
 * workers of an app lose its stream together: a million of them make 200,000 tries a second. As the wait grows with the
 * number, a broker that was lost with its data has no more of them, up to six apps a worker, from which on it is as
 * `RETRY` says.
 */
const RETURNING_MS = 10_000;

/** After so many of these waits, over all apps, about ten minutes, it is waited for like one that never came. */
const RETURNING_WAITS = 120;

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
  /** Apps whose streams have brought something. */
  private readonly hadOne = new Set<string>();

  constructor(private readonly retry: Backoff) {}

  /** Waits for an app's stream, longer each time. @param problem why it can't be read, null when it is only missing */
  wait(app: string, problem: string | null): void {
    const before = this.apps.get(app);
    // What is no longer missing but can't be read yet, or the other way round, is another thing to wait for.
    const isSame = before && (before.problem === null) === (problem === null);
    const failures = isSame ? before.failures + 1 : 0;
    this.apps.set(app, { failures, until: 0, problem });
    const { first_ms, longest_ms } = this.retry;
    const lost = this.lost();
    const isReturning = problem === null && this.hadOne.has(app) && failures < RETURNING_WAITS / lost;
    const longest = isReturning ? Math.min(longest_ms, RETURNING_MS * lost) : longest_ms;
    const until = performance.now() + backoffMs({ first_ms, longest_ms: longest }, failures);
    this.apps.set(app, { failures, until, problem });
  }

  /** Its stream has brought something. */
  came(app: string): void {
    this.hadOne.add(app);
    this.forget(app);
  }

  /** It need not be waited for any more. */
  private forget(app: string): void {
    this.apps.delete(app);
  }

  /** Waits for none but these. */
  keepOnly(apps: Pick<ReadonlySet<string>, 'has'>): void {
    for (const app of this.apps.keys()) if (!apps.has(app)) this.apps.delete(app);
    for (const app of this.hadOne) if (!apps.has(app)) this.hadOne.delete(app);
  }

  /** Its stream can be looked at. What kept it from being read may do so again, and is over when it has been. */
  found(app: string): void {
    if (this.apps.get(app)?.problem === null) this.forget(app);
  }

  /** Whether an app's wait is over by then, or it has none. */
  isDue(app: string, now: number): boolean {
    return (this.apps.get(app)?.until ?? 0) <= now;
  }

  /** Those of some apps whose wait is over by then, or that have none; the longest over comes first, so that each has its turn. */
  due(apps: Iterable<string>, now: number): string[] {
    const until = (app: string): number => this.apps.get(app)?.until ?? 0;
    return [...apps].filter((app) => this.isDue(app, now)).sort((a, b) => until(a) - until(b));
  }

  /** When each wait is over, by the monotonic clock, milliseconds. */
  times(): number[] {
    return [...this.apps.values()].map(({ until }) => until);
  }

  /** How many there were and are missing now. */
  private lost(): number {
    let lost = 0;
    for (const [app, { problem }] of this.apps) if (problem === null && this.hadOne.has(app)) lost += 1;
    return lost;
  }

  /** Null when each of them is only missing, else why one can't be read. */
  problem(): string | null {
    for (const { problem } of this.apps.values()) if (problem !== null) return problem;
    return null;
  }
}
