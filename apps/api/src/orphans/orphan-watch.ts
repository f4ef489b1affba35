import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { StoreUnavailableError } from '../store/app-store.js';
import { OrphansService } from './orphans.service.js';

/** Between two looks, milliseconds. */
const INTERVAL_MS = 60_000;

/** Most orphans that are looked at. */
const LIMIT = 1_000;

/** Most names in one line of the log. */
const LOGGED_NAMES = 20;

/** Says in the log that there are orphans, each once for as long as it is one. */
@Injectable()
export class OrphanWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Those that were told. */
  private known: ReadonlySet<string> = new Set();
  private found: number | null = null;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly orphans: OrphansService,
    private readonly log: ApiLog,
  ) {}

  /** How many there were at the last look; null before the first, and when it has failed. */
  get count(): number | null {
    return this.found;
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => {
        this.looking = null;
      });
    }, INTERVAL_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  /** Never throws. */
  async look(): Promise<void> {
    try {
      const { items } = await this.orphans.list({ limit: LIMIT });
      const names = items.map(({ app_name }) => app_name);
      const added = names.filter((name) => !this.known.has(name));
      this.known = new Set(names);
      this.found = names.length;
      if (added.length === 0) return;
      this.log.warn(
        'workers run apps that the database does not know; they are left alone until somebody creates or deletes ' +
          'an app of that name',
        { count: added.length, apps: added.slice(0, LOGGED_NAMES) },
      );
    } catch (error) {
      this.found = null;
      // An outage is told elsewhere.
      if (error instanceof StoreUnavailableError) return;
      this.log.error('orphans could not be looked for', {}, error);
    }
  }
}
