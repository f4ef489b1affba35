import { comparePositions, parseAppName, type Position } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { appNotFound } from '../apps/app-problems.js';
import { instant } from '../clock.js';
import { Publisher, type RegionState } from '../publishing/publisher.js';
import { type AppRecord, AppStore } from '../store/app-store.js';
import type { AppOverview, AppPage, AppPageQuery, AppView, FleetState } from '../store/fleet-records.js';
import { FleetReader } from './fleet-reader.js';
import { Listening } from './listening.js';
import type { Reading } from './recent-readings.js';
import { keyOf } from './status-query.js';
import { type WorkerStatus, workerStatus } from './worker-status.js';

/** So many positions, the newest, are told of; a fleet has few. */
const TOLD_REVISIONS = 50;

/** So many images, those of most workers. */
const TOLD_IMAGES = 50;

export interface AppStatus extends Position {
  app_name: string;
  /** ISO 8601: when the desired revision was made. */
  since: string;
  deleted: boolean;
  running: boolean;
  /** ISO 8601: what workers said until then is in `summary`, `revisions`, `convergence` and `workers`. */
  as_of: string;
  /** Over all workers of the app, not this page alone. */
  summary: Record<FleetState, number>;
  revisions: Omit<AppOverview['revisions'][number], 'converged'>[];
  updates: AppOverview['updates'];
  images: AppOverview['images'];
  /** Null while no worker has converged. */
  convergence: { p50_seconds: number; p99_seconds: number } | null;
  /** What each region has of it. */
  regions: RegionState[];
  workers: WorkerStatus[];
  /** Key of the last in the list when there are more, else null. */
  next_after: string | null;
}

/** What is wanted, and how far the workers are with that. */
interface Look {
  record: AppRecord;
  position: Position;
  overview: Reading<AppOverview>;
  page: Reading<AppPage>;
}

/** How far the workers are with an app. */
@Injectable()
export class StatusService {
  constructor(
    private readonly apps: AppStore,
    private readonly fleet: FleetReader,
    private readonly listening: Listening,
    private readonly publisher: Publisher,
  ) {}

  /** @throws {ProblemError} when the name was never used */
  async status(appName: string, query: AppPageQuery): Promise<AppStatus> {
    if (!parseAppName(appName).ok) throw appNotFound(appName);
    const look = await this.look(appName, query);
    return this.answer(isOutrun(look) ? await this.look(appName, query) : look, query);
  }

  private async look(appName: string, query: AppPageQuery): Promise<Look> {
    // At the same time, since a store that counts a large fleet may take a second for either.
    const [record, epoch] = await Promise.all([this.apps.get(appName), this.apps.epoch()]);
    if (record === null) throw appNotFound(appName);
    const { revision, deleted } = record;
    const position = { epoch, revision };
    const view: AppView = { app_name: appName, position, deleted, silence: this.listening.silence() };
    const [overview, page] = await Promise.all([this.fleet.overview(view), this.fleet.appPage(view, query)]);
    return { record, position, overview, page };
  }

  private answer({ record, position, overview, page }: Look, { order }: AppPageQuery): AppStatus {
    const { states, revisions, updates, images, convergence } = overview.value;
    const { rows, more } = page.value;
    const last = more ? rows.at(-1) : undefined;
    return {
      app_name: record.app_name,
      ...position,
      since: record.updated_at,
      deleted: record.deleted,
      running: record.spec?.running ?? false,
      as_of: instant(Math.min(overview.as_of, page.as_of)),
      summary: states,
      revisions: revisions.slice(0, TOLD_REVISIONS).map(({ converged: _, ...told }) => told),
      updates,
      images: images.slice(0, TOLD_IMAGES),
      convergence: convergence && {
        p50_seconds: convergence.p50_ms / 1_000,
        p99_seconds: convergence.p99_ms / 1_000,
      },
      regions: this.publisher.regionsOf(record),
      workers: rows.map((row) => workerStatus(row, position)),
      next_after: last ? keyOf(order, { ...last.app, worker_id: last.worker.worker_id }) : null,
    };
  }
}

/**
 * Whether somebody is beyond the desired state: either it has what the database has lost, or it was told of a change that
 * was made since the record was read. One more look tells them apart.
 */
function isOutrun({ position, overview, page }: Look): boolean {
  const told = [...overview.value.revisions, ...page.value.rows.map(({ app }) => app)];
  return told.some((each) => comparePositions(each, position) > 0);
}
