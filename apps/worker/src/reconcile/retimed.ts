import type { AppMemory } from './memory.js';

/**
 * The memory with its times as a clock that was set meanwhile would have noted them. What is to come stays as far away from
 * what it follows on.
 *
 * @param asOfNow a time of before, milliseconds since 1970, by the clock of now.
 */
export function retimed(memory: AppMemory, asOfNow: (time: number) => number): AppMemory {
  const { failures, verdict, hold, unhealthy, crashes, starts } = memory;
  return {
    ...memory,
    failures: each(failures, ({ since, ...failure }) => {
      const failed_at = asOfNow(failure.failed_at);
      const retry_at = failed_at + (failure.retry_at - failure.failed_at);
      return { ...failure, failed_at, retry_at, ...(since === undefined ? {} : { since: asOfNow(since) }) };
    }),
    verdict: verdict && { ...verdict, at: asOfNow(verdict.at) },
    hold: hold && { from: asOfNow(hold.from), until: asOfNow(hold.from) + (hold.until - hold.from) },
    unhealthy: each(unhealthy, ({ since, ...noted }) => ({
      ...noted,
      since: since === null ? null : asOfNow(since),
    })),
    crashes: each(crashes, (noted) => ({ ...noted, at: asOfNow(noted.at) })),
    starts: each(starts, (noted) => {
      const at = asOfNow(noted.at);
      return { ...noted, at, wait_until: at + (noted.wait_until - noted.at) };
    }),
  };
}

function each<T>(entries: Readonly<Record<string, T>>, change: (entry: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, change(entry)]));
}
