import type { ApiLog } from '../api-log.js';
import type { Clock } from '../clock.js';
import type { SecretsUnreadableError } from '../store/secrets/secret-errors.js';

/** So long after an app's secrets could not be read it is looked at again, unless it is changed or verified. */
const UNREADABLE_PAUSE_MS = 60_000;

/** Apps that are left out of one region's feed, since no message can be made while their secrets can't be read. */
export class UnreadableApps {
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
    return this.clock.elapsed() - at >= UNREADABLE_PAUSE_MS;
  }

  /** The secrets of an app could not be read, which the log has once for each reason. */
  leaveOut({ app_name, message }: SecretsUnreadableError): void {
    if (this.reasonOf(app_name) !== message) {
      const fields = { region: this.region, app: app_name, reason: message };
      this.log.error('an app is not published, since its secrets can not be read', fields);
    }
    this.apps.set(app_name, { reason: message, at: this.clock.elapsed() });
  }

  /** An app could be compared with the feed. */
  takeBack(appName: string): void {
    this.apps.delete(appName);
  }
}
