import type { WorkerReport } from '@nebula/contracts';

/** The newest report of one worker about one app. */
export interface StoredReport {
  report: WorkerReport;
  /** ISO 8601, by the api's clock. */
  received_at: string;
}

/** Where the newest report per worker and app is kept. */
export abstract class ReportStore {
  /**
   * Keeps a report unless one with the same boot nonce and a sequence at least as high is there. Answers
   * whether it was kept.
   */
  abstract save(report: WorkerReport, receivedAt: string): Promise<boolean>;
  /** Reports about an app, by worker id, after `after`, at most `limit`. */
  abstract forApp(appName: string, query: { limit: number; after?: string }): Promise<StoredReport[]>;
  /** Forgets what one worker said about an app. */
  abstract remove(appName: string, workerId: string): Promise<void>;
}
