/** Longest waits between attempts: the first, doubled by each failure in a row, up to the longest. */
export interface Backoff {
  first_ms: number;
  longest_ms: number;
}

/**
 * Milliseconds to wait, anything between none and the longest wait, so that what failed together doesn't come back
 * together.
 *
 * @param failures in a row; 0 gives the first wait
 */
export function backoffMs({ first_ms, longest_ms }: Backoff, failures: number): number {
  return Math.random() * Math.min(longest_ms, first_ms * 2 ** Math.min(failures, 30));
}
