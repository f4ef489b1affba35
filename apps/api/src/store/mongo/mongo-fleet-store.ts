import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Model, mongo, QueryFilter } from 'mongoose';
import {
  type AppOnWorker,
  type AppOverview,
  type AppPage,
  type AppPageQuery,
  type AppView,
  type FleetCensus,
  fleetState,
  type Silence,
  type StoredReport,
  type WorkerChange,
  type WorkerPageQuery,
  type WorkerRecord,
} from '../fleet-records.js';
import { FleetStore } from '../fleet-store.js';
import { buildKey, placeKey } from './app-place.js';
import { bulkWrite } from './bulk-write.js';
import { toFieldName } from './field-name.js';
import { appAsked, appField, rowFields, WORKER_INDEXES, workersAsked } from './fleet-queries.js';
import type { MongoDatabase } from './mongo-database.js';
import { MongoReports, type ReportMark } from './mongo-reports.js';
import { censusOf } from './census.js';
import { overviewOf } from './overview.js';
import {
  alwaysWritten,
  labelsOf,
  namesOf,
  toApp,
  toWorker,
  toWorkerAlone,
  toWorkerDocument,
  WORKER_SCHEMA,
  type WorkerDocument,
} from './worker-document.js';

type WorkerWrite = mongo.AnyBulkWriteOperation<WorkerDocument>;

/** The fleet in a MongoDB: a document per worker, and one beside it per report. */
export class MongoFleetStore extends FleetStore {
  private readonly documents: Model<WorkerDocument>;
  private readonly reports: MongoReports;

  constructor(private readonly database: MongoDatabase) {
    super();
    this.documents = database.model('fleet_workers', WORKER_SCHEMA);
    this.reports = new MongoReports(database);
  }

  override async workers(workerIds: readonly string[]): Promise<WorkerRecord[]> {
    if (workerIds.length === 0) return [];
    const found = await this.run(() =>
      this.documents.find({ _id: { $in: [...workerIds] } }).lean<WorkerDocument[]>(),
    );
    return found.map(toWorker);
  }

  override async saveWorkers(changes: readonly WorkerChange[]): Promise<boolean[]> {
    const write = randomUUID();
    const operations = changes.map((change) => writeOf(change, write));
    return await this.run(async () => {
      const { matched, duplicates } = await bulkWrite(this.documents, operations);
      const updates = changes.filter(({ before }) => before !== null).length;
      const taken = new Set(duplicates);
      const inserted = changes.map(({ before }, index) => before === null && !taken.has(index));
      if (matched === updates)
        return changes.map(({ before }, index) => before !== null || inserted[index] === true);
      // The server tells how many were found, not which. One that is overwritten already counts as not written,
      // which costs the caller another look.
      const ids = changes.map(({ after }) => after.worker_id);
      const found = await this.documents
        .find({ _id: { $in: ids }, write }, { _id: 1 })
        .lean<{ _id: string }[]>();
      const written = new Set(found.map(({ _id }) => _id));
      return changes.map(({ after }, index) => inserted[index] === true || written.has(after.worker_id));
    });
  }

  override async saveReports(reports: readonly StoredReport[]): Promise<void> {
    await this.reports.save(reports);
  }

  override async removeUnlistedReports(workers: readonly WorkerRecord[]): Promise<void> {
    const known = new Map(workers.map((worker) => [worker.worker_id, worker]));
    const marks = await this.reports.marksOf([...known.keys()]);
    // Most often there are none, and nothing is written.
    await this.reports.removeMarked(marks.filter((mark) => isUnlisted(mark, known.get(mark.worker_id))));
  }

  override async forget(workerId: string, version: number): Promise<boolean> {
    const asRead = { _id: workerId, version };
    // Looked for before the record: what a worker that is heard of from now on reports stays, as it is written after a
    // record of another version, and is another report than these.
    const reports = await this.reports.marksOf([workerId]);
    if (!(await this.run(() => this.documents.exists(asRead)))) return false;
    // The record goes last: whoever is ended in between can be asked again, and finishes it.
    await this.reports.removeMarked(reports);
    const { deletedCount } = await this.run(() => this.documents.deleteOne(asRead));
    return deletedCount > 0;
  }

  override async reportsOf(workerId: string): Promise<StoredReport[]> {
    return await this.reports.ofWorker(workerId);
  }

  override async workerPage(query: WorkerPageQuery): Promise<WorkerRecord[]> {
    const found = await this.run(() =>
      this.documents
        .find(all(workersAsked(query)))
        .sort({ _id: 1 })
        .limit(query.limit)
        .lean<WorkerDocument[]>(),
    );
    return found.map(toWorker);
  }

  override async appNames(): Promise<string[]> {
    return await this.run(() => this.documents.distinct('app_names'));
  }

  override async overview(view: AppView): Promise<AppOverview> {
    return await this.run(() => overviewOf(this.documents, view), 'reading');
  }

  override async census(silence: Silence): Promise<FleetCensus> {
    return await this.run(() => censusOf(this.documents, silence), 'reading');
  }

  override async appPage(view: AppView, query: AppPageQuery): Promise<AppPage> {
    // Of a tombstone nobody is told how long it took.
    if (view.deleted && query.order.by === 'slowest') return { rows: [], more: false };
    const { filters, sort } = appAsked(view, query);
    const found = await this.run(() =>
      this.documents
        .find(all(filters), rowFields(view.app_name))
        .sort(sort)
        .limit(query.limit + 1)
        .lean<WorkerDocument[]>(),
    );
    const asked = found.slice(0, query.limit).map(({ _id }) => _id);
    const reports = await this.reports.ofApp(view.app_name, asked);
    const rows = reports.flatMap((report, index) => {
      const document = found[index];
      const json = document?.apps[toFieldName(view.app_name)];
      if (document === undefined || json === undefined) return [];
      const app = toApp(json);
      const worker = toWorkerAlone(document);
      return [{ worker, app, state: fleetState(worker, app, view), report }];
    });
    return { rows, more: reports.length < found.length };
  }

  private async run<T>(work: () => Promise<T>, limit?: 'call' | 'reading'): Promise<T> {
    for (const keys of WORKER_INDEXES) this.database.indexes.want(this.documents, keys);
    return await this.database.run(work, limit);
  }
}

function all(filters: QueryFilter<WorkerDocument>[]): QueryFilter<WorkerDocument> {
  return filters.length === 0 ? {} : { $and: filters };
}

/** Whether a report is about an app that its worker, as it says later, runs no more. */
function isUnlisted({ app_name, boot, sequence }: ReportMark, worker: WorkerRecord | undefined): boolean {
  const [current] = worker?.boots ?? [];
  if (!worker || !current || worker.apps.some((app) => app.app_name === app_name)) return false;
  return boot < current.number || (boot === current.number && sequence < current.heartbeat);
}

function writeOf({ before, after }: WorkerChange, write: string): WorkerWrite {
  if (before === null) return { insertOne: { document: toWorkerDocument(after, write) } };
  const { set, unset } = differences(before, after);
  const update = { $set: { ...alwaysWritten(after, write), ...set }, ...(unset ? { $unset: unset } : {}) };
  return { updateOne: { filter: { _id: after.worker_id, version: before.version }, update } };
}

/** Of what a worker's message seldom changes, only what has changed is written. */
function differences(
  before: WorkerRecord,
  after: WorkerRecord,
): { set: Record<string, unknown>; unset: Record<string, ''> | null } {
  const known = new Map(before.apps.map((app) => [app.app_name, app]));
  const set: Record<string, unknown> = {};
  const unset: Record<string, ''> = {};
  for (const app of after.apps) {
    if (!isDeepStrictEqual(known.get(app.app_name), app)) changeApp(app, set, unset);
    known.delete(app.app_name);
  }
  for (const name of known.keys())
    for (const field of ['apps', 'at', 'took', 'builds'] as const) unset[appField(field, name)] = '';
  if (!isDeepStrictEqual(namesOf(before), namesOf(after))) set['app_names'] = namesOf(after);
  if (!isDeepStrictEqual(labelsOf(before), labelsOf(after))) set['labels'] = labelsOf(after);
  return { set, unset: Object.keys(unset).length > 0 ? unset : null };
}

function changeApp(app: AppOnWorker, set: Record<string, unknown>, unset: Record<string, ''>): void {
  set[appField('apps', app.app_name)] = JSON.stringify(app);
  set[appField('at', app.app_name)] = placeKey(app);
  set[appField('builds', app.app_name)] = buildKey(app);
  const took = appField('took', app.app_name);
  if (app.took_ms === null) unset[took] = '';
  else set[took] = app.took_ms;
}
