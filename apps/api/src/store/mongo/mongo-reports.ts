import { type Model, Schema } from 'mongoose';
import type { StoredReport } from '../fleet-records.js';
import { reportsOfPage, toStored } from '../report-pages.js';
import { bulkWrite } from './bulk-write.js';
import type { IndexKeys } from './index-keeper.js';
import type { MongoDatabase } from './mongo-database.js';

/** The newest report of a worker about an app, in the collection `reports`. */
interface ReportDocument {
  /** App and worker, with a slash between them, which no app's name has. */
  _id: string;
  worker_id: string;
  app_name: string;
  boot: number;
  sequence: number;
  received_at: number;
  /** JSON: it is large, and nothing in it is asked for. */
  report: string;
}

/** Tells a report from a newer one of the same worker about the same app. */
export type ReportMark = Pick<ReportDocument, '_id' | 'worker_id' | 'app_name' | 'boot' | 'sequence'>;

const REPORT_SCHEMA = new Schema<ReportDocument>(
  {
    ...{ _id: String, worker_id: String, app_name: String, boot: Number, sequence: Number },
    ...{ received_at: Number, report: String },
  },
  { versionKey: false },
);

/** So many are removed in one call, which has a time limit. */
const REMOVED_AT_A_TIME = 500;

/** For the reports of one worker. Those of an app are found by their ids. */
const OF_WORKER: IndexKeys = { worker_id: 1, app_name: 1 };

/** The newest report per worker and app. Its methods reject as those of `MongoDatabase.run`. */
export class MongoReports {
  private readonly reports: Model<ReportDocument>;

  constructor(private readonly database: MongoDatabase) {
    this.reports = database.model('reports', REPORT_SCHEMA);
  }

  async save(reports: readonly StoredReport[]): Promise<void> {
    const writes = reports.map((stored) => {
      const { _id, ...fields } = toDocument(stored);
      const { boot, sequence } = fields;
      const older = [{ boot: { $lt: boot } }, { boot, sequence: { $lt: sequence } }];
      return { filter: { _id, $or: older }, update: { $set: fields } };
    });
    await this.database.run(async () => {
      const upserts = writes.map((write) => ({ updateOne: { ...write, upsert: true } }));
      const { duplicates } = await bulkWrite(this.reports, upserts);
      // One is there: it was as new or newer, or another instance has just inserted it, and it may be older.
      const again = duplicates.flatMap((index) => writes[index] ?? []);
      await bulkWrite(
        this.reports,
        again.map((updateOne) => ({ updateOne })),
      );
    });
  }

  async ofWorker(workerId: string): Promise<StoredReport[]> {
    this.database.indexes.want(this.reports, OF_WORKER);
    const found = await this.database.run(() =>
      this.reports.find({ worker_id: workerId }).sort({ app_name: 1 }).lean<ReportDocument[]>(),
    );
    return found.map(toStored);
  }

  /** What these workers said about an app, of the first of them: see `reportsOfPage`. */
  async ofApp(appName: string, workerIds: readonly string[]): Promise<(StoredReport | null)[]> {
    return await reportsOfPage(workerIds, async (some) => {
      const ids = some.map((workerId) => idOf(appName, workerId));
      const found = await this.database.run(() =>
        this.reports.find({ _id: { $in: ids } }).lean<ReportDocument[]>(),
      );
      return new Map(found.map((document) => [document.worker_id, document]));
    });
  }

  /** Which reports of these workers there are. */
  async marksOf(workerIds: readonly string[]): Promise<ReportMark[]> {
    if (workerIds.length === 0) return [];
    this.database.indexes.want(this.reports, OF_WORKER);
    const fields = { worker_id: 1, app_name: 1, boot: 1, sequence: 1 } as const;
    return await this.database.run(() =>
      this.reports.find({ worker_id: { $in: [...workerIds] } }, fields).lean<ReportMark[]>(),
    );
  }

  /**
   * Removes those that no newer one has replaced. Each for itself, by its id, as there can be many: a server may compare
   * every document with each condition of one filter for all.
   */
  async removeMarked(marks: readonly ReportMark[]): Promise<void> {
    for (let start = 0; start < marks.length; start += REMOVED_AT_A_TIME) {
      const some = marks.slice(start, start + REMOVED_AT_A_TIME);
      const removals = some.map(({ _id, boot, sequence }) => ({
        deleteOne: { filter: { _id, boot, sequence } },
      }));
      await this.database.run(() => bulkWrite(this.reports, removals));
    }
  }
}

function idOf(appName: string, workerId: string): string {
  return `${appName}/${workerId}`;
}

function toDocument({ report, boot, received_at }: StoredReport): ReportDocument {
  const { worker_id, app_name, sequence } = report;
  return {
    ...{ _id: idOf(app_name, worker_id), worker_id, app_name, boot, sequence, received_at },
    report: JSON.stringify(report),
  };
}
