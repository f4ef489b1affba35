const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** Different lines that are remembered; beyond, the oldest is said anew. */
const MAX_LINES = 1_000;

interface Said {
  /** When it was to be said last, whether it was or not. */
  askedAt: number;
  saidAt: number;
  nextAt: number;
  pauseMs: number;
  held: number;
}

/** Lets what is said again and again into a log once, and then at growing intervals. */
export class RareLog {
  private readonly said = new Map<string, Said>();

  /** @param calmMs what nobody wanted to say for longer is over, milliseconds */
  constructor(private readonly calmMs = Number.POSITIVE_INFINITY) {}

  /**
   * Calls `say` if a line of this key may be written now.
   *
   * @param say is told how many lines were held back since the last one
   */
  say(key: string, say: (held: number) => void): void {
    const now = performance.now();
    const last = this.said.get(key);
    const known = last && now - last.askedAt <= this.calmMs ? last : undefined;
    if (known && now < known.nextAt) {
      known.askedAt = now;
      known.held += 1;
      return;
    }
    const pauseMs = known ? Math.min(known.pauseMs * 2, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.said.delete(key);
    this.said.set(key, { askedAt: now, saidAt: now, nextAt: now + pauseMs, pauseMs, held: 0 });
    const [oldest] = this.said.keys();
    if (this.said.size > MAX_LINES && oldest !== undefined) this.said.delete(oldest);
    say(known?.held ?? 0);
  }

  /** What it was about is over: the next time is a first time. */
  forget(key: string): void {
    this.said.delete(key);
  }

  /** All of it is over, but for what was said within so many milliseconds. */
  clear(ageMs = 0): void {
    const before = performance.now() - ageMs;
    for (const [key, { saidAt }] of this.said) if (saidAt <= before) this.said.delete(key);
  }
}
