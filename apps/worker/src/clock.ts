import { Injectable } from '@nestjs/common';

/** Time and chance, so that tests can decide both. */
@Injectable()
export class Clock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /** Milliseconds since some moment, however the clock is set meanwhile. The time in which the server slept is left out. */
  steady(): number {
    return performance.now();
  }

  /** From 0 to 1. */
  random(): number {
    return Math.random();
  }
}
