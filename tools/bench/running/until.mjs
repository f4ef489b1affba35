/**
 * Waits for a state of the world, with a limit.
 */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * @param {string} what is waited for, for the message
 * @param {() => Promise<boolean>} holds asked again and again
 * @param {{ limitMs: number, everyMs?: number, stopping: AbortSignal }} options
 * @returns {Promise<void>}
 * @throws {Error} when it doesn't hold within the limit, or the run is ended
 */
export async function until(what, holds, { limitMs, everyMs = 20, stopping }) {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    stopping.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s in vain until ${what}`);
    await pause(everyMs, undefined, { signal: stopping });
  }
}

/**
 * A promise that is resolved from elsewhere, as by a message.
 * @template T
 * @param {string} what is waited for, for the message
 * @param {Promise<T>} work
 * @param {{ limitMs: number, stopping: AbortSignal }} options
 * @returns {Promise<T>}
 * @throws {Error} when it isn't resolved within the limit, or the run is ended
 */
export async function within(what, work, { limitMs, stopping }) {
  stopping.throwIfAborted();
  const ended = new AbortController();
  const limit = pause(limitMs, undefined, { signal: AbortSignal.any([ended.signal, stopping]) }).then(() => {
    throw new Error(`waited ${limitMs / 1000} s in vain until ${what}`);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    ended.abort();
    await limit.catch(() => undefined);
  }
}
