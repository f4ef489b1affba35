/** First longest wait, milliseconds; it doubles with each further failure. */
const FIRST = 1_000;
/** Longest wait, milliseconds. */
const LONGEST = 60_000;

/**
 * How long to wait after the n-th failure in a row that says nothing about the app (the engine is away),
 * milliseconds. With full jitter, since everything that waits for one engine, or for one power supply, began
 * to wait together.
 *
 * @param failures from 1.
 * @param random from 0 to 1.
 */
export function engineBackoff(failures: number, random: number): number {
  return Math.round(Math.min(LONGEST, FIRST * 2 ** (failures - 1)) * random);
}
