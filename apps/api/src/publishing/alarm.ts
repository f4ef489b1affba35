/** A wait that can be cut short. */
export class Alarm {
  private rung = false;
  private wake: (() => void) | null = null;

  /** Ends the wait that is under way, or else the next one. */
  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** @param limitMs milliseconds */
  async wait(limitMs: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = null;
    this.rung = false;
  }
}
