/** Longest delay that a timer of Node takes, milliseconds; later moments are reached by looking again. */
const LONGEST = 2 ** 31 - 1;

/** One alarm clock: setting it again replaces what was set before. */
export class WakeTimer {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ring: () => void) {}

  /** @param delay milliseconds. */
  set(delay: number): void {
    this.clear();
    this.timer = setTimeout(this.ring, Math.min(LONGEST, Math.max(0, delay)));
  }

  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
