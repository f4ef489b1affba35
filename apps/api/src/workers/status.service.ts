import { type AppState, parseAppName, type Position } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { appNotFound } from '../apps/app-problems.js';
import type { PageQuery } from '../http/page-query.js';
import { AppStore } from '../store/app-store.js';
import { ReportStore } from '../store/report-store.js';
import { stateTowards, type WorkerStatus, workerStatus } from './worker-status.js';

/** Reports that are held in memory at a time while all are counted. */
const COUNTED_AT_ONCE = 200;

export interface AppStatus {
  app_name: string;
  epoch: number;
  /** The desired one. */
  revision: number;
  deleted: boolean;
  running: boolean;
  workers: WorkerStatus[];
  /** Worker id of the last in the list when there are more, else null. */
  next_after: string | null;
  /** Over all workers that have reported, not this page alone. */
  summary: Record<AppState, number>;
}

/** How far the workers are with an app. */
@Injectable()
export class StatusService {
  constructor(
    private readonly apps: AppStore,
    private readonly reports: ReportStore,
  ) {}

  /** @throws {ProblemError} when the name was never used */
  async status(appName: string, { limit, after }: PageQuery): Promise<AppStatus> {
    const record = parseAppName(appName).ok ? await this.apps.get(appName) : null;
    if (record === null) throw appNotFound(appName);
    const desired = { epoch: await this.apps.epoch(), revision: record.revision };
    const query = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    const found = await this.reports.forApp(appName, query);
    const page = found.slice(0, limit);
    return {
      app_name: appName,
      ...desired,
      deleted: record.deleted,
      running: record.spec?.running ?? false,
      workers: page.map((stored) => workerStatus(stored, desired)),
      next_after: found.length > limit ? (page.at(-1)?.report.worker_id ?? null) : null,
      summary: await this.count(appName, desired),
    };
  }

  private async count(appName: string, desired: Position): Promise<Record<AppState, number>> {
    const summary = { converged: 0, converging: 0, failed: 0 };
    let after: string | undefined;
    do {
      const query = { limit: COUNTED_AT_ONCE, ...(after === undefined ? {} : { after }) };
      const found = await this.reports.forApp(appName, query);
      for (const stored of found) summary[stateTowards(desired, stored)] += 1;
      after = found.length === COUNTED_AT_ONCE ? found.at(-1)?.report.worker_id : undefined;
    } while (after !== undefined);
    return summary;
  }
}
