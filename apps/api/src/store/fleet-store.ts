import type {
  AppOverview,
  AppPage,
  AppPageQuery,
  AppView,
  FleetCensus,
  Silence,
  StoredReport,
  WorkerChange,
  WorkerPageQuery,
  WorkerRecord,
} from './fleet-records.js';

/**
 * Where the observed state of the fleet is kept: one record per worker with all that is counted, and beside it the
 * newest report per worker and app, which is large and never read for counting. As with apps, every change is
 * one conditional update of one record; what is lost between two of them comes again with a later message. Ids
 * compare by their bytes in UTF-8. Every call rejects with `StoreUnavailableError` when the store can't be
 * reached.
 */
export abstract class FleetStore {
  /** The records of these workers, at most 1,000, in any order; those that are unknown are left out. */
  abstract workers(workerIds: readonly string[]): Promise<WorkerRecord[]>;

  /**
   * Writes each record if it still has the version of `before` (or none is there, for null). Answers for each, in
   * order, whether it was written; one that wasn't hinders no other. At most 1,000, of different workers.
   */
  abstract saveWorkers(changes: readonly WorkerChange[]): Promise<boolean[]>;

  /**
   * Keeps each report unless one that is as new or newer is there, by (`boot`, `sequence`). At most 1,000, of
   * different workers or apps.
   */
  abstract saveReports(reports: readonly StoredReport[]): Promise<void>;

  /**
   * Forgets the reports of these workers about apps that their records don't list: those of older boots, and those of
   * the current one that are older than its newest heartbeat, which alone says that an app is there no more. At most
   * 1,000 workers.
   */
  abstract removeUnlistedReports(workers: readonly WorkerRecord[]): Promise<void>;

  /** Forgets a worker and its reports, if its record still has this version; else answers false. */
  abstract forget(workerId: string, version: number): Promise<boolean>;

  /** The newest reports of one worker, by app name. */
  abstract reportsOf(workerId: string): Promise<StoredReport[]>;

  /** Workers by id, page by page. */
  abstract workerPage(query: WorkerPageQuery): Promise<WorkerRecord[]>;

  /** The names of all apps that workers list, each once, in any order. */
  abstract appNames(): Promise<string[]>;

  /** How many workers of an app are how far. Reads no report, and stays fast with 10,000 workers. */
  abstract overview(view: AppView): Promise<AppOverview>;

  /** Counts everything in one reading. It reads every worker, so it is for who asks seldom. */
  abstract census(silence: Silence): Promise<FleetCensus>;

  /** Workers of an app with their newest reports, page by page. Where these are large, a page has fewer than `limit`. */
  abstract appPage(view: AppView, query: AppPageQuery): Promise<AppPage>;
}
