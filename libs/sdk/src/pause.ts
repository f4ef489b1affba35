/** The longest that a timer takes, some 24.8 days in milliseconds: it goes off at once with more. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Resolves after so many milliseconds, at most `LONGEST_TIMER_MS`.
 * @throws the signal's reason, as soon as it is aborted
 */
export function pause(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      // Whoever aborts says why, with an error or with anything else.
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', end);
        resolve();
      },
      Math.min(milliseconds, LONGEST_TIMER_MS),
    );
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}
