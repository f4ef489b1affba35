import { Clock } from '../../clock.js';

/** Real time that can be set forward and back, as by somebody or by the time service of a server. It draws the shortest waits. */
export class MovedClock extends Clock {
  /** Milliseconds that it is ahead. */
  shift = 0;

  /** Milliseconds that have passed for everybody, beside those that really have. */
  private passed = 0;
  /** When it stands still, milliseconds since 1970. */
  private stopped: number | null = null;

  override now(): number {
    return this.stopped ?? super.now() + this.shift;
  }

  override steady(): number {
    return super.steady() + this.passed;
  }

  /** Lets time pass, which is no change of the clock. */
  pass(ms: number): void {
    this.shift += ms;
    this.passed += ms;
  }

  /** Lets it stand still: whatever waits goes on waiting. */
  stop(): void {
    this.stopped = this.now();
  }

  /** Lets it show the time again. */
  go(): void {
    this.stopped = null;
  }

  override random(): number {
    return 1;
  }
}
