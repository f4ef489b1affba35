import { RareLog } from '@nebula/messaging';
import type { ApiLog } from '../api-log.js';

/**
 * A failure that comes and goes is told once in so long at most, and after so long without one anew, milliseconds. It is
 * longer than the longest wait for another attempt.
 */
export const CALM_MS = 60_000;

/**
 * What the log has of apps that can't be published to a region: one line for each reason, not for each app, since all
 * fail when the feed is away. What is in the feed's way then may change with every attempt, as its nodes take turns, so
 * that counts as one reason.
 */
export class FailureLog {
  /** What is over while something else still fails shows by nothing but that it isn't heard of any more. */
  private readonly told = new RareLog(CALM_MS);
  /** Whether the log has a failure of which it doesn't say yet that it is over. */
  private isTold = false;

  constructor(
    private readonly region: string,
    private readonly log: ApiLog,
  ) {}

  /** @param isAway whether the feed has a problem itself */
  failed(app: string, reason: string, isAway: boolean): void {
    this.told.say(isAway ? '' : reason, (held) => {
      const fields = { region: this.region, app, reason, ...(held > 0 ? { held } : {}) };
      this.log.warn('desired states could not be published; this is tried again', fields);
      this.isTold = true;
    });
  }

  /** No app fails any more. */
  succeeded(): void {
    this.told.clear(CALM_MS);
    if (!this.isTold) return;
    this.isTold = false;
    this.log.info('desired states are published again', { region: this.region });
  }
}
