import { NebulaTimeoutError } from './errors.js';
import { LONGEST_TIMER_MS } from './pause.js';

/** Ends what takes too long, or what its caller wants no more. */
export class TimeLimit {
  private readonly controller = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout>;
  private readonly endsAt: number;

  /**
   * @param wantedMs is cut to `LONGEST_TIMER_MS`
   * @param outer the caller's own; its reason is handed on
   */
  constructor(
    wantedMs: number,
    private readonly outer: AbortSignal,
    what: string,
  ) {
    const milliseconds = Math.min(wantedMs, LONGEST_TIMER_MS);
    this.endsAt = performance.now() + milliseconds;
    const late = () =>
      this.controller.abort(
        new NebulaTimeoutError(`${what} was not answered within ${milliseconds / 1_000} s`),
      );
    this.timer = setTimeout(late, milliseconds);
    if (outer.aborted) this.abort();
    else outer.addEventListener('abort', this.abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Milliseconds, 0 when it is over. */
  get left(): number {
    return Math.max(0, this.endsAt - performance.now());
  }

  /** The time doesn't matter any more; the caller's signal still does. */
  lift(): void {
    clearTimeout(this.timer);
  }

  /** Nothing is waited for any more. */
  release(): void {
    this.lift();
    this.outer.removeEventListener('abort', this.abort);
  }

  private readonly abort = (): void => this.controller.abort(this.outer.reason);
}
