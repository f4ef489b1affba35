import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import type { AppOverview, AppPage, AppPageQuery, AppView } from '../store/fleet-records.js';
import { FleetStore } from '../store/fleet-store.js';
import { type Reading, RecentReadings } from './recent-readings.js';

/**
 * How far the workers of apps are, for all who ask this instance: status, wait and events. A large fleet is counted
 * once for all of them, and not oftener than the store bears, so an answer can be old for a bounded time; see
 * `RecentReadings`.
 */
@Injectable()
export class FleetReader {
  private readonly overviews: RecentReadings<AppOverview>;
  private readonly pages: RecentReadings<AppPage>;

  constructor(
    private readonly fleet: FleetStore,
    clock: Clock,
  ) {
    this.overviews = new RecentReadings(clock);
    this.pages = new RecentReadings(clock);
  }

  /**
   * @param notBefore by the monotonic clock, milliseconds: an answer from before is none
   * @throws {StoreUnavailableError} when the store is away
   */
  async overview(view: AppView, notBefore?: number): Promise<Reading<AppOverview>> {
    return await this.overviews.ask(keyOf(view), () => this.fleet.overview(view), notBefore);
  }

  /** See `overview`. */
  async appPage(view: AppView, query: AppPageQuery, notBefore?: number): Promise<Reading<AppPage>> {
    const key = `${keyOf(view)} ${JSON.stringify(query)}`;
    return await this.pages.ask(key, () => this.fleet.appPage(view, query), notBefore);
  }
}

/** Since when a worker is silent changes all the time; those who ask at the same time mean the same. */
function keyOf({ app_name, position, deleted }: AppView): string {
  return JSON.stringify([app_name, position.epoch, position.revision, deleted]);
}
