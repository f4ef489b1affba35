import type { Clock } from '../clock.js';

/** So long a scrape waits for an answer, milliseconds; Prometheus gives up after 10 seconds. */
const PATIENCE_MS = 2_000;

/** Between two looks, milliseconds, whoever scrapes how often. */
const INTERVAL_MS = 5_000;

/** Between two looks passes so many times what the last one took: a twentieth of the time of a store is spent on them. */
const REST = 20;

/** And after one that has failed no more than this, milliseconds: a store that is back is to be seen soon. */
const LONGEST_REST_OF_FAILURE_MS = 30_000;

/**
 * Something that a store is asked for only because somebody scrapes: once for all who do, seldom where it takes long, and
 * without holding up a scrape. What was seen last counts until the next look has ended; when that fails, nothing does.
 */
export class Observation<T> {
  /** What it brought, null when it failed, and until when there is no other. */
  private last: { value: T | null; until: number } | null = null;
  private looking: Promise<void> | null = null;

  /** @param onFailure told why there is nothing */
  constructor(
    private readonly look: () => Promise<T>,
    private readonly clock: Pick<Clock, 'elapsed'>,
    private readonly onFailure: (error: unknown) => void,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** Null when it isn't known. Never rejects. */
  async value(): Promise<T | null> {
    if (this.last && this.clock.elapsed() < this.last.until) return this.last.value;
    this.looking ??= this.begin().finally(() => (this.looking = null));
    await this.waited(this.looking);
    return this.last?.value ?? null;
  }

  private async begin(): Promise<void> {
    const began = this.clock.elapsed();
    try {
      const value = await this.look();
      const ended = this.clock.elapsed();
      this.last = { value, until: ended + Math.max(INTERVAL_MS, REST * (ended - began)) };
    } catch (error) {
      const ended = this.clock.elapsed();
      const rest = Math.min(REST * (ended - began), LONGEST_REST_OF_FAILURE_MS);
      this.last = { value: null, until: ended + rest };
      this.onFailure(error);
    }
  }

  private async waited(looking: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.patienceMs);
    });
    await Promise.race([looking, patience]);
    clearTimeout(timer);
  }
}
