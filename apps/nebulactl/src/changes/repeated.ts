import { NebulaApiError } from '@nebula/sdk';

/**
 * Whether the api itself says that what was named isn't there: the 404 of a proxy that has no api to ask at the moment
 * says nothing of what is there.
 * @param type of the problem that says so
 */
export function isNothingThere(error: unknown, type: NebulaApiError['type']): error is NebulaApiError {
  return error instanceof NebulaApiError && error.type === type;
}

/** Whether a deletion has found nothing since an earlier try may have done it, whose answer was lost. */
export function isGoneAfterRepeat(error: unknown, type: NebulaApiError['type']): boolean {
  return isNothingThere(error, type) && error.mayBeDone;
}

/** What is said then. */
export function saidOfGone(what: string): string {
  return `${what} is gone: an earlier try of this call may have done it, or there was none.`;
}
