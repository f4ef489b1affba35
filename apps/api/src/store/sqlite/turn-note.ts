/**
 * A note for later in the same turn of the event loop: the handling of one thing that came from outside, with all ticks and
 * microtasks that follow of it. Within a turn nothing comes in, so what was found out about the world at its beginning can't
 * be older than anything that anybody in it knows.
 */
export class TurnNote {
  private isNoted = false;
  private isEnding = false;

  set(): void {
    this.isNoted = true;
    if (this.isEnding) return;
    this.isEnding = true;
    // A tick that a microtask asks for comes when no microtask is left; one that is asked for here would come before them.
    void Promise.resolve().then(() => process.nextTick(this.end));
  }

  /** Whether it was set in this turn; it is gone by that. */
  take(): boolean {
    const isNoted = this.isNoted;
    this.isNoted = false;
    return isNoted;
  }

  drop(): void {
    this.isNoted = false;
  }

  private readonly end = (): void => {
    this.isNoted = false;
    this.isEnding = false;
  };
}
