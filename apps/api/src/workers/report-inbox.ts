import { type FieldProblem, parseReport, type WorkerReport } from '@nebula/contracts';
import { Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { Clock, instant } from '../clock.js';
import { AppStore } from '../store/app-store.js';
import { ReportStore } from '../store/report-store.js';
import { comparedTo } from './position.js';

/** Between two log lines about reports of one kind, milliseconds: a broken worker must not fill the log. */
const LOG_INTERVAL_MS = 60_000;

/** Most problems of one report in the log. */
const LOGGED_PROBLEMS = 5;

/**
 * Keeps the newest of what each worker says about each app. Never throws: a report that is lost costs freshness
 * alone, and a newer one is on its way.
 */
@Injectable()
export class ReportInbox {
  /** Reports that were no reports, since the start. */
  invalid = 0;
  /** Reports that the store didn't take, since the start. */
  lost = 0;
  private readonly loggedAt = new Map<string, number>();

  constructor(
    private readonly reports: ReportStore,
    private readonly apps: AppStore,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  async receive(payload: unknown): Promise<void> {
    const parsed = parseReport(payload);
    if (!parsed.ok) {
      this.invalid += 1;
      this.logInvalid(parsed.problems);
      return;
    }
    try {
      await this.keep(parsed.value);
    } catch (error) {
      this.lost += 1;
      if (this.mayLog('lost')) this.log.warn('reports of workers are lost', { so_far: this.lost }, error);
    }
  }

  private async keep(report: WorkerReport): Promise<void> {
    if (await this.isDone(report)) await this.reports.remove(report.app_name, report.worker_id);
    else await this.reports.save(report, instant(this.clock.now()));
  }

  /** A worker that has removed what is deleted has no more to say about it, unless the name is used again. */
  private async isDone(report: WorkerReport): Promise<boolean> {
    if (!report.deleted || report.state !== 'converged') return false;
    const record = await this.apps.get(report.app_name);
    if (record === null) return true;
    const desired = { epoch: await this.apps.epoch(), revision: record.revision };
    return record.deleted && comparedTo(desired, report) !== 'behind';
  }

  private logInvalid(problems: readonly FieldProblem[]): void {
    if (!this.mayLog('invalid')) return;
    const shown = problems
      .slice(0, LOGGED_PROBLEMS)
      .map(({ pointer, message }) => `${pointer || 'the report'} ${message}`);
    this.log.warn('a report of a worker is not valid', { problems: shown, so_far: this.invalid });
  }

  private mayLog(kind: string): boolean {
    const now = this.clock.now();
    const last = this.loggedAt.get(kind);
    if (last !== undefined && now - last < LOG_INTERVAL_MS) return false;
    this.loggedAt.set(kind, now);
    return true;
  }
}
