import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { ApiLog } from '../api-log.js';
import { AppStore } from '../store/app-store.js';

/** The store is asked so long after it was found away, milliseconds; twice as long each time it wasn't for good. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/**
 * While the store is away no report is taken: messages wait where they are, or another api takes them, to which
 * workers whose words one that can't write them swallows would look silent.
 */
@Injectable()
export class ReportsPause implements OnApplicationShutdown {
  private waitMs = FIRST_WAIT_MS;
  private timer: NodeJS.Timeout | null = null;
  private isOver = false;

  constructor(
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'reports'>,
    private readonly apps: AppStore,
    private readonly log: ApiLog,
  ) {}

  /** The store was found away; a second call changes nothing. */
  begin(): void {
    if (this.timer || this.isOver) return;
    this.options.reports?.pause();
    this.timer = setTimeout(() => void this.look(), this.waitMs);
    this.timer.unref();
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
  }

  /** Something was written. */
  succeeded(): void {
    if (!this.timer) this.waitMs = FIRST_WAIT_MS;
  }

  onApplicationShutdown(): void {
    this.isOver = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    // Whoever writes reports has the time of a call, too: one that is slow is not away.
    const isAway = await this.apps.problem('call').then(
      (problem) => problem !== null,
      (error: unknown) => {
        this.log.debug('the store can not be checked', { reason: String(error) });
        return true;
      },
    );
    this.timer = null;
    if (isAway) this.begin();
    else this.options.reports?.resume();
  }
}
