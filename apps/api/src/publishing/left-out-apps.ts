import { UnknownFieldsError } from '@nebula/contracts';
import type { ApiLog } from '../api-log.js';
import type { Clock } from '../clock.js';
import { SecretsUnreadableError } from '../store/secrets/secret-errors.js';

/** So long after an app was left out it is looked at again, unless it is changed or verified. */
const LEFT_OUT_PAUSE_MS = 60_000;

/** Why an app is left out: neither the feed nor another try can help, and no other app is concerned. */
export type LeftOutError = SecretsUnreadableError | UnknownFieldsError;

export function isLeftOut(error: unknown): error is LeftOutError {
  return error instanceof SecretsUnreadableError || error instanceof UnknownFieldsError;
}

/**
 * Apps that are left out of one region's feed: no message can be made while their secrets can't be read, or while they
 * have what only a newer version knows.
 */
export class LeftOutApps {
  /** Why, and when that was found, by a monotonic clock. */
  private readonly apps = new Map<string, { reason: string; at: number }>();

  constructor(
    private readonly region: string,
    private readonly clock: Pick<Clock, 'elapsed'>,
    private readonly log: ApiLog,
  ) {}

  /** Why an app is left out; null when it isn't. */
  reasonOf(appName: string): string | null {
    return this.apps.get(appName)?.reason ?? null;
  }

  /** Whether it is time to look at an app that is behind: one that is left out only after a while. */
  isDue(appName: string): boolean {
    const { at = Number.NEGATIVE_INFINITY } = this.apps.get(appName) ?? {};
    return this.clock.elapsed() - at >= LEFT_OUT_PAUSE_MS;
  }

  /** An app can't be published, which the log has once for each reason. */
  leaveOut(appName: string, error: LeftOutError): void {
    const { message } = error;
    if (this.reasonOf(appName) !== message) {
      const fields = { region: this.region, app: appName, reason: message };
      const isOfSecrets = error instanceof SecretsUnreadableError;
      const why = isOfSecrets ? 'its secrets can not be read' : 'this version is too old for it';
      this.log.error(`an app is not published, since ${why}`, fields);
    }
    this.apps.set(appName, { reason: message, at: this.clock.elapsed() });
  }

  /** An app could be compared with the feed. */
  takeBack(appName: string): void {
    this.apps.delete(appName);
  }
}
