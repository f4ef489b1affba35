import { Clock } from '../../clock.js';

/** Real time that can be set forward and back, as by somebody or by the time service of a server. It draws the shortest waits. */
export class MovedClock extends Clock {
  /** Milliseconds that it is ahead. */
  shift = 0;

  override now(): number {
    return super.now() + this.shift;
  }

  override random(): number {
    return 1;
  }
}
