import type { Step } from '../reconcile/step.js';

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

  /** @param run works off a lane until it is done or the signal aborts; it never throws. */
  constructor(private readonly run: (lane: Step[], signal: AbortSignal) => Promise<void>) {}

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
    const done = this.run(lane, pull.ending.signal).finally(() => {
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
