/** @import { ApiOptions } from '@nebula/api' */

/** @returns {ApiOptions['logger']} prints warnings and errors to standard error, and nothing else */
export function quietLogger() {
  /** @type {(message: unknown, ...more: unknown[]) => void} */
  const print = (message, ...more) => console.error('  api:', message, ...more);
  return { log: () => undefined, warn: print, error: print, fatal: print };
}
