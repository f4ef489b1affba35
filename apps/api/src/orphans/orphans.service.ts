import type { Position } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import type { PageQuery } from '../http/page-query.js';
import { Publisher } from '../publishing/publisher.js';
import { AppStore } from '../store/app-store.js';
import { FleetStore } from '../store/fleet-store.js';

/** An app that workers run and of which the database has no record, as after the restore of an older backup. */
export interface Orphan extends Position {
  app_name: string;
  /** How many run it. */
  workers: number;
}

export interface OrphansPage {
  items: Orphan[];
  /** Name of the last item when there are more, else null. */
  next_after: string | null;
}

/** So many names are looked up at a time. */
const BATCH = 1_000;

/** Finds orphans. They are touched only when somebody creates or deletes an app of that name. */
@Injectable()
export class OrphansService {
  constructor(
    private readonly apps: AppStore,
    private readonly fleet: FleetStore,
    private readonly publisher: Publisher,
  ) {}

  /**
   * @param concerns which names are asked about
   * @throws {StoreUnavailableError} when the store is away
   */
  async list({ limit, after = '' }: PageQuery, concerns = (_name: string) => true): Promise<OrphansPage> {
    const names = (await this.fleet.appNames()).filter((name) => name > after && concerns(name)).sort();
    const items: Orphan[] = [];
    for (let start = 0; start < names.length && items.length <= limit; start += BATCH) {
      const batch = names.slice(start, start + BATCH);
      const recorded = new Set(await this.apps.recorded(batch));
      for (const name of batch) {
        const held =
          recorded.has(name) || items.length > limit ? null : await this.held(name, { removedToo: false });
        if (held) items.push(held);
      }
    }
    const next_after = items.length > limit ? (items[limit - 1]?.app_name ?? null) : null;
    return { items: items.slice(0, limit), next_after };
  }

  /** The latest that any worker has of an app, be it running or deleted; null when none has anything of it. */
  async latestOnWorkers(appName: string): Promise<Position | null> {
    return await this.held(appName, { removedToo: true });
  }

  /**
   * Whether an app without a record would be run: workers have it, or would take it from a stream.
   * @throws {StoreUnavailableError} when the store is away
   */
  async isOrphan(appName: string): Promise<boolean> {
    if ((await this.apps.get(appName)) !== null) return false;
    if ((await this.held(appName, { removedToo: false })) !== null) return true;
    const newest = await this.publisher.newest(appName);
    return newest !== null && !newest.deleted;
  }

  private async held(app_name: string, { removedToo }: { removedToo: boolean }): Promise<Orphan | null> {
    const nowhere = { position: { epoch: 0, revision: 0 }, silence: { now: 0, listened_ms: 0 } };
    // Workers on which nothing is left of a deleted app don't count for one.
    const { revisions } = await this.fleet.overview({ app_name, deleted: !removedToo, ...nowhere });
    const held = revisions.filter(({ revision }) => revision > 0);
    const [highest] = held;
    if (!highest) return null;
    const workers = held.reduce((sum, each) => sum + each.workers, 0);
    return { app_name, workers, epoch: highest.epoch, revision: highest.revision };
  }
}
