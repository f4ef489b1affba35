import { isDeepStrictEqual } from 'node:util';
import type { UpdateState } from '@nebula/contracts';
import type {
  AppOnWorker,
  AppOverview,
  AppPage,
  AppPageQuery,
  AppRow,
  AppView,
  Convergence,
  FleetCensus,
  FleetState,
  Silence,
  StoredReport,
  WorkerChange,
  WorkerPageQuery,
  WorkerRecord,
} from '../fleet-records.js';
import { FleetStore } from '../fleet-store.js';
import { OverviewTally } from '../overview-tally.js';
import { type KeptReport, reportsOfPage, toStored } from '../report-pages.js';
import { FLEET_QUERIES } from './fleet-queries.js';
import type { Query } from './query.js';
import type { Parameters, SqliteDatabase } from './sqlite-database.js';
import { WORKER_QUERIES } from './worker-queries.js';

type Worker = Omit<WorkerRecord, 'apps'>;
type AppOnWorkerRow = Omit<AppOnWorker, 'deleted' | 'previous' | 'update' | 'image_ids'> & {
  worker_id: string;
  deleted: number;
  /** JSON. */
  previous: string | null;
  update_state: UpdateState | null;
  /** JSON. */
  image_ids: string;
};

/** Workers that are alike. */
interface CountRow
  extends Pick<AppOnWorkerRow, 'epoch' | 'revision' | 'state' | 'update_state' | 'image_ids'> {
  offline: number;
  workers: number;
}

interface PageRow extends AppOnWorkerRow {
  record: string;
  fleet_state: FleetState;
}

type PlaceRow = Omit<FleetCensus['places'][number], 'deleted' | 'offline'> & {
  deleted: number;
  offline: number;
};

type Change = (query: Query, parameters: Parameters) => number;

/** The fleet in a SQLite file. The newest of it may be lost with the power: workers report again. */
export class SqliteFleetStore extends FleetStore {
  constructor(private readonly database: SqliteDatabase) {
    super();
  }

  override async workers(workerIds: readonly string[]): Promise<WorkerRecord[]> {
    const rows = this.database.read<{ record: string }>(WORKER_QUERIES.workers, {
      worker_ids: JSON.stringify(workerIds),
    });
    return this.withApps(rows.map(toWorker));
  }

  override async saveWorkers(changes: readonly WorkerChange[]): Promise<boolean[]> {
    return this.database.together('process-end', (change) =>
      changes.map(({ before, after }) => saveWorker(change, before, after)),
    );
  }

  override async saveReports(reports: readonly StoredReport[]): Promise<void> {
    this.database.together('process-end', (change) => {
      for (const { report, boot, received_at } of reports) {
        const { worker_id, app_name, sequence } = report;
        const row = { worker_id, app_name, boot, sequence, received_at, report: JSON.stringify(report) };
        change(FLEET_QUERIES.saveReport, row);
      }
    });
  }

  override async removeUnlistedReports(workers: readonly WorkerRecord[]): Promise<void> {
    this.database.together('process-end', (change) => {
      for (const { worker_id, apps, boots } of workers) {
        const { number: boot, heartbeat } = boots[0] ?? { number: 0, heartbeat: -1 };
        const app_names = JSON.stringify(apps.map(({ app_name }) => app_name));
        change(FLEET_QUERIES.removeUnlisted, { worker_id, boot, heartbeat, app_names });
      }
    });
  }

  override async forget(workerId: string, version: number): Promise<boolean> {
    return this.database.together('process-end', (change) => {
      if (change(WORKER_QUERIES.forgetWorker, { worker_id: workerId, version }) === 0) return false;
      change(FLEET_QUERIES.forgetReports, { worker_id: workerId });
      return true;
    });
  }

  override async reportsOf(workerId: string): Promise<StoredReport[]> {
    const rows = this.database.read<KeptReport>(FLEET_QUERIES.reportsOf, { worker_id: workerId });
    return rows.map(toStored);
  }

  override async workerPage(query: WorkerPageQuery): Promise<WorkerRecord[]> {
    const { silence, state = null, app = null, label, after = '', limit } = query;
    const rows = this.database.read<{ record: string }>(WORKER_QUERIES.page, {
      ...{ ...silence, state, after, limit, app_name: app },
      ...{ label_name: label?.name ?? null, label_text: label?.text ?? null },
    });
    return this.withApps(rows.map(toWorker));
  }

  override async appNames(): Promise<string[]> {
    return this.database.read<{ app_name: string }>(WORKER_QUERIES.appNames).map(({ app_name }) => app_name);
  }

  override async overview(view: AppView): Promise<AppOverview> {
    const { app_name, deleted, silence } = view;
    const parameters = { app_name, deleted: deleted ? 1 : 0, ...silence };
    const counts = this.database.read<CountRow>(FLEET_QUERIES.count, parameters);
    const tally = new OverviewTally(view.position);
    for (const { epoch, revision, state, offline, update_state: update, image_ids, workers } of counts) {
      const place = { epoch, revision, state, isOffline: offline === 1 };
      tally.add({ ...place, update, image_ids: readIds(image_ids) }, workers);
    }
    return tally.overview(this.convergence(view));
  }

  override async census(silence: Silence): Promise<FleetCensus> {
    const parameters = { ...silence };
    const counts = this.database.read<{ offline: number; workers: number }>(
      FLEET_QUERIES.countWorkers,
      parameters,
    );
    const workersOf = (offline: number) => counts.find((each) => each.offline === offline)?.workers ?? 0;
    const places = this.database
      .read<PlaceRow>(FLEET_QUERIES.countPlaces, parameters)
      .map((row) => ({ ...row, deleted: row.deleted === 1, offline: row.offline === 1 }));
    return { online: workersOf(0), offline: workersOf(1), places };
  }

  override async appPage(view: AppView, query: AppPageQuery): Promise<AppPage> {
    const found = this.pageRows(view, { ...query, limit: query.limit + 1 });
    const asked = found.slice(0, query.limit).map(({ worker_id }) => worker_id);
    const reports = await reportsOfPage(asked, async (some) => this.reportsOfApp(view.app_name, some));
    const rows = found.slice(0, reports.length).map((row, index) => toAppRow(row, reports[index] ?? null));
    return { rows, more: reports.length < found.length };
  }

  private reportsOfApp(app_name: string, workerIds: readonly string[]): Map<string, KeptReport> {
    const parameters = { app_name, worker_ids: JSON.stringify(workerIds) };
    const rows = this.database.read<KeptReport & { worker_id: string }>(
      FLEET_QUERIES.reportsOfApp,
      parameters,
    );
    return new Map(rows.map((row) => [row.worker_id, row]));
  }

  private pageRows(view: AppView, query: AppPageQuery): PageRow[] {
    const { state = null, limit, order } = query;
    const except = JSON.stringify((query.except ?? []).map(({ epoch, revision }) => [epoch, revision]));
    const parameters = { ...viewed(view), ...view.silence, state, except, limit };
    if (order.by === 'worker_id') {
      const byWorker = { ...parameters, after: order.after ?? '' };
      return this.database.read<PageRow>(FLEET_QUERIES.pageByWorker, byWorker);
    }
    const { took_ms = Number.MAX_SAFE_INTEGER, worker_id = '' } = order.after ?? {};
    const bySlowest = { ...parameters, after_took_ms: took_ms, after: worker_id };
    return this.database.read<PageRow>(FLEET_QUERIES.pageBySlowest, bySlowest);
  }

  private convergence({ app_name, position, deleted }: AppView): AppOverview['convergence'] {
    const { epoch, revision } = position;
    const parameters = { app_name, epoch, revision, deleted: deleted ? 1 : 0 };
    const [row] = this.database.read<{ timed: number }>(FLEET_QUERIES.countTimed, parameters);
    const timed = row?.timed ?? 0;
    const nth = (n: number) =>
      this.database.read<{ took_ms: number }>(FLEET_QUERIES.nthTime, { ...parameters, n })[0]?.took_ms ?? 0;
    if (timed === 0) return null;
    return { p50_ms: nth(Math.ceil(timed * 0.5) - 1), p99_ms: nth(Math.ceil(timed * 0.99) - 1) };
  }

  private withApps(workers: readonly Worker[]): WorkerRecord[] {
    const worker_ids = JSON.stringify(workers.map(({ worker_id }) => worker_id));
    const rows = this.database.read<AppOnWorkerRow>(WORKER_QUERIES.appsOfWorkers, { worker_ids });
    const apps = new Map<string, AppOnWorker[]>();
    for (const row of rows) {
      const known = apps.get(row.worker_id);
      if (known) known.push(toApp(row));
      else apps.set(row.worker_id, [toApp(row)]);
    }
    return workers.map((worker) => ({ ...worker, apps: apps.get(worker.worker_id) ?? [] }));
  }
}

function saveWorker(change: Change, before: WorkerRecord | null, after: WorkerRecord): boolean {
  const { apps, ...worker } = after;
  const { worker_id, version, last_seen_at, interval_seconds } = worker;
  const row = { worker_id, version, last_seen_at, interval_seconds, record: JSON.stringify(worker) };
  const written =
    before === null
      ? change(WORKER_QUERIES.insertWorker, row)
      : change(WORKER_QUERIES.updateWorker, { ...row, expected_version: before.version });
  if (written === 0) return false;
  saveApps(change, worker_id, before?.apps ?? [], apps);
  if (!isDeepStrictEqual(before?.facts.labels ?? {}, after.facts.labels)) {
    change(WORKER_QUERIES.removeLabels, { worker_id });
    for (const [name, text] of Object.entries(after.facts.labels))
      change(WORKER_QUERIES.putLabel, { name, text, worker_id });
  }
  return true;
}

/** Writes what differs: a heartbeat of a worker on which nothing has happened changes none of them. */
function saveApps(
  change: Change,
  worker_id: string,
  before: readonly AppOnWorker[],
  after: readonly AppOnWorker[],
): void {
  const known = new Map(before.map((app) => [app.app_name, app]));
  for (const app of after) {
    const same = isDeepStrictEqual(known.get(app.app_name), app);
    known.delete(app.app_name);
    if (!same) change(WORKER_QUERIES.putApp, { ...app, ...encoded(app), worker_id });
  }
  for (const app_name of known.keys()) change(WORKER_QUERIES.removeApp, { worker_id, app_name });
}

function encoded({ deleted, previous, image_ids }: AppOnWorker) {
  return {
    ...{ deleted: deleted ? 1 : 0, previous: previous && JSON.stringify(previous) },
    image_ids: JSON.stringify(image_ids),
  };
}

function viewed({ app_name, position, deleted, silence }: AppView) {
  const { epoch, revision } = position;
  return { app_name, epoch, revision, deleted: deleted ? 1 : 0, ...silence };
}

function toWorker({ record }: { record: string }): Worker {
  return JSON.parse(record) as Worker;
}

function toApp(row: AppOnWorkerRow): AppOnWorker {
  const { app_name, epoch, revision, deleted, state, error_step, listed_at } = row;
  const { converged_at, took_ms, boot, sequence } = row;
  const previous = row.previous === null ? null : (JSON.parse(row.previous) as Convergence);
  return {
    ...{ app_name, epoch, revision, deleted: deleted === 1, state, error_step, listed_at },
    ...{ converged_at, took_ms, previous, boot, sequence },
    ...{ update: row.update_state, image_ids: readIds(row.image_ids) },
  };
}

function readIds(json: string): string[] {
  return JSON.parse(json) as string[];
}

function toAppRow(row: PageRow, report: StoredReport | null): AppRow {
  return { worker: toWorker(row), app: toApp(row), state: row.fleet_state, report };
}
