/** Longest waits between attempts: the first, doubled by each failure in a row, up to the longest. */
export interface Backoff {
  first_ms: number;
  longest_ms: number;
}

/** The same of a connection. */
export interface Reconnect extends Backoff {
  /**
   * No wait is limited to less than this, but by the longest, once there was a connection: all who had one lose it
   * together, when their node ends. Who never had one tries alone, and soon.
   */
  spread_ms: number;
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

/** The same for a connection. @param hadOne whether there ever was one */
export function reconnectMs(reconnect: Reconnect, failures: number, hadOne: boolean): number {
  const { first_ms, spread_ms, longest_ms } = reconnect;
  const limit = Math.max(first_ms * 2 ** Math.min(failures, 30), hadOne ? spread_ms : 0);
  return backoffMs({ first_ms: limit, longest_ms }, 0);
}
