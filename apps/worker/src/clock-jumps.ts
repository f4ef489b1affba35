import { Injectable } from '@nestjs/common';
import { Clock } from './clock.js';

/** The clock may be led by so much between two looks without having jumped, milliseconds. */
const LEAST_JUMP = 1_000;

/** So many jumps are kept, the newest. */
const KEPT = 20;

/** What is known of the clock at one moment. Of use to a later process until the server starts anew. */
export interface KnownClock {
  spans: readonly Span[];
  /** Since when the clock runs as it does now; null for always. */
  from: number | null;
  last: { now: number; steady: number };
}

/** A time in which the clock ran without a jump, which is over. */
export interface Span {
  /** Milliseconds since 1970, by the clock of that time; null for always. */
  from: number | null;
  until: number;
  /** When it ended, by the clock that doesn't jump. */
  end: number;
}

/**
 * Notices when the clock is set forward or back, so that the age of what was noted before does not
 * change with it. The engine notes the start of a container by the server's clock.
 */
@Injectable()
export class ClockJumps {
  /** Called after each jump. */
  onJump: () => void = () => undefined;
  private readonly spans: Span[] = [];
  /** Since when the clock runs as it does now, by itself; null for always. */
  private from: number | null = null;
  private last: { now: number; steady: number };

  constructor(private readonly clock: Clock) {
    this.last = { now: clock.now(), steady: clock.steady() };
  }

  get known(): KnownClock {
    const { spans, from, last } = this;
    return { spans: [...spans], from, last };
  }

  /** Goes on with what an earlier process knew, since whose start the server has not been started anew. */
  continueFrom({ spans, from, last }: KnownClock): void {
    this.spans.unshift(...spans);
    this.from ??= from;
    this.last = last;
    this.look();
  }

  /** Looks at the clock. The oftener that is done, the better a time near a jump is placed. */
  look(): void {
    const now = this.clock.now();
    const steady = this.clock.steady();
    const passed = steady - this.last.steady;
    const until = this.last.now + passed;
    if (Math.abs(now - until) > LEAST_JUMP) {
      this.spans.push({ from: this.from, until, end: steady });
      this.spans.splice(0, this.spans.length - KEPT);
      this.from = now - passed;
      this.last = { now, steady };
      this.onJump();
    }
    this.last = { now, steady };
  }

  /**
   * A time that was noted by the clock, as the clock of now would have noted it. One that may be from before or after a
   * jump is taken for the later of both, so that nothing looks older than it is.
   *
   * @param time milliseconds since 1970, like the answer; one that is still to come stays as it is.
   */
  asOfNow(time: number): number {
    const { now, steady } = this.last;
    // Where a span has ended is known as well only as a clock that is led meanwhile is from a jump.
    const ages = this.spans
      .filter(({ from, until }) => (from === null || from <= time) && time <= until + LEAST_JUMP)
      .map(({ until, end }) => Math.max(0, steady - end + until - time));
    const { from } = this;
    if ((from === null || time >= from) && time <= now) ages.push(now - time);
    if (ages.length > 0) return now - Math.min(...ages);
    // No clock of this server has ever said so: it was noted when the one before it ended, at the latest.
    const before = this.spans.findLast(({ until }) => until < time);
    return before && from !== null && time < from ? now - (steady - before.end) : time;
  }
}
