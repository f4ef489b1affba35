import type { WorkerReport } from '@nebula/contracts';
import { ReportStore, type StoredReport } from '../report-store.js';
import { REPORT_QUERIES } from './report-queries.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Reports in a SQLite file. The newest of them may be lost with the power: workers report again. */
export class SqliteReportStore extends ReportStore {
  constructor(private readonly database: SqliteDatabase) {
    super();
  }

  override async save(report: WorkerReport, receivedAt: string): Promise<boolean> {
    const { app_name, worker_id, boot_nonce, sequence } = report;
    const text = JSON.stringify(report);
    const row = { app_name, worker_id, boot_nonce, sequence, received_at: receivedAt, report: text };
    return this.database.change(REPORT_QUERIES.save, row, 'process-end') > 0;
  }

  override async forApp(appName: string, query: { limit: number; after?: string }): Promise<StoredReport[]> {
    const { limit, after = '' } = query;
    const rows = this.database.read<{ report: string; received_at: string }>(REPORT_QUERIES.forApp, {
      ...{ app_name: appName, after, limit },
    });
    return rows.map(({ report, received_at }) => ({
      report: JSON.parse(report) as WorkerReport,
      received_at,
    }));
  }

  override async remove(appName: string, workerId: string): Promise<void> {
    this.database.change(REPORT_QUERIES.remove, { app_name: appName, worker_id: workerId }, 'process-end');
  }
}
