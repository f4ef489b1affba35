import { Injectable } from '@nestjs/common';

/** Time and chance, so that tests can decide both. */
@Injectable()
export class Clock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }

  /** Milliseconds since some instant, by a clock that never jumps. */
  elapsed(): number {
    return performance.now();
  }

  /** From 0 to 1. */
  random(): number {
    return Math.random();
  }
}

/** An instant as answers and records have it: ISO 8601, UTC, milliseconds. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
