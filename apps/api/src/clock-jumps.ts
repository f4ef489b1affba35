import type { Clock } from './clock.js';

/** The wall clock may be led by so much between two looks without having jumped, milliseconds. */
const LEAST_JUMP_MS = 10_000;

/** Notices when the wall clock was set, forward or back, or went on while the machine slept. */
export class ClockJumps {
  private lead: number;

  constructor(private readonly clock: Clock) {
    this.lead = this.leadNow();
  }

  /** Whether that has happened since the last call, or since this was made. */
  look(): boolean {
    const before = this.lead;
    this.lead = this.leadNow();
    return Math.abs(this.lead - before) > LEAST_JUMP_MS;
  }

  /** Of the wall clock over the one that never jumps. */
  private leadNow(): number {
    return this.clock.now() - this.clock.elapsed();
  }
}
