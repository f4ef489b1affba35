import { Injectable } from '@nestjs/common';

/** Time and chance, so that tests can decide both. */
@Injectable()
export class Clock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /**
   * Milliseconds since some moment, the same for all processes between two starts of the server, however the clock is set
   * meanwhile. The time in which the server slept is left out.
   */
  steady(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  /** From 0 to 1. */
  random(): number {
    return Math.random();
  }
}
