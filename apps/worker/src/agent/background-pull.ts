import type { Step } from '../reconcile/step.js';
import { WakeTimer } from './wake-timer.js';

/** A pull that takes longer than this is late, milliseconds. */
const LATE_AFTER = 1_500;

interface RunningPull {
  key: string;
  ending: AbortController;
}

/**
 * The pull of one app. It may take long, so it runs beside the loop: a container that stops meanwhile is seen and
 * started. It ends at once when no plan asks for it any more.
 */
export class BackgroundPull {
  private current: RunningPull | null = null;
  private ended: Promise<void> = Promise.resolve();

  /**
   * @param run works off a lane until it is done or the signal aborts; it never throws.
   * @param onLate called at most once for each run, while it is under way.
   */
  constructor(
    private readonly run: (lane: Step[], signal: AbortSignal) => Promise<void>,
    private readonly onLate: (lane: Step[]) => void,
  ) {}

  /**
   * Starts the pull that these lanes ask for, or leaves it alone when it is under way, and ends any other.
   *
   * @returns the lanes without it.
   */
  take(lanes: readonly Step[][]): Step[][] {
    const lane = lanes.find((steps) => steps.some((step) => step.kind === 'pull'));
    const key = lane ? JSON.stringify(lane) : null;
    if (this.current?.key !== key) this.end();
    if (lane && key !== null && !this.current) this.begin(lane, key);
    return lanes.filter((steps) => steps !== lane);
  }

  /** Ends it and resolves when it has ended. */
  async stop(): Promise<void> {
    this.end();
    await this.ended;
  }

  private begin(lane: Step[], key: string): void {
    const pull = { key, ending: new AbortController() };
    this.current = pull;
    const late = new WakeTimer(() => {
      if (this.current === pull) this.onLate(lane);
    });
    late.set(LATE_AFTER);
    const done = this.run(lane, pull.ending.signal).finally(() => {
      late.clear();
      if (this.current === pull) this.current = null;
    });
    const before = this.ended;
    this.ended = done.then(() => before);
  }

  private end(): void {
    this.current?.ending.abort();
    this.current = null;
  }
}
