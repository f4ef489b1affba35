import { NebulaApiError } from '@nebula/sdk';

/** Whether the api says that what was named isn't there, and not that it doesn't know the call. */
export function isNothingThere(error: unknown): error is NebulaApiError {
  return error instanceof NebulaApiError && error.status === 404 && !error.type.endsWith('unknown-path');
}

/**
 * Whether a deletion has found nothing with a later try: an earlier one, whose answer was lost, has done it, or there
 * never was anything, and what was wanted is so either way.
 */
export function isGoneAfterRepeat(error: unknown): boolean {
  return isNothingThere(error) && error.attempts > 1;
}

/** What is said then. */
export function saidOfGone(what: string): string {
  return `${what} is gone: an earlier try of this call, which was not answered, has done it, or there was none.`;
}
