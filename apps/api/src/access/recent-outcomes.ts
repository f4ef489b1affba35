/** So long an outcome is remembered, milliseconds. */
const MEMORY_MS = 5 * 60_000;

/** One that is remembered for so long yet is fresh, milliseconds. */
const FRESH_MS = MEMORY_MS - 10_000;

/** So many are remembered. */
const REMEMBERED = 1_000;

interface Outcome {
  right: Promise<boolean>;
  until: number;
}

/** Outcomes of checks that cost much, so that each is paid for once within some minutes, by however many who ask. */
export class RecentOutcomes {
  /** The oldest first. */
  private readonly outcomes = new Map<string, Outcome>();

  /** @param now by a monotonic clock, milliseconds */
  constructor(
    private readonly now: () => number,
    private readonly remembered = REMEMBERED,
  ) {}

  /** The outcome, that of a check that goes on too; undefined when there is none. */
  get(digest: string): Promise<boolean> | undefined {
    const known = this.outcomes.get(digest);
    if (known && known.until > this.now()) return known.right;
    this.outcomes.delete(digest);
    return undefined;
  }

  /** Whether an outcome was remembered so lately that remembering it anew would change little. */
  isFresh(digest: string): boolean {
    const { until = 0 } = this.outcomes.get(digest) ?? {};
    return until - this.now() > FRESH_MS;
  }

  /** Remembers the outcome of a check, from when it begins. One that fails is forgotten. */
  set(digest: string, right: Promise<boolean>): void {
    this.outcomes.delete(digest);
    this.outcomes.set(digest, { right, until: this.now() + MEMORY_MS });
    right.catch(() => this.outcomes.delete(digest));
    if (this.outcomes.size > this.remembered) {
      const [oldest] = this.outcomes.keys();
      if (oldest !== undefined) this.outcomes.delete(oldest);
    }
  }
}
