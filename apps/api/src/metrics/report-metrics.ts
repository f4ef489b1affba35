import { buckets, Counter, Histogram, type Registry } from '@nebula/metrics';

/**
 * What became of a message of a worker. `stale`: something newer was known. `duplicate`: of a second worker with the same
 * id. `invalid`: it was none. `forged`: the user of another worker has sent it. `lost`: it could not be written.
 */
export const REPORT_OUTCOMES = ['fresh', 'stale', 'duplicate', 'invalid', 'forged', 'lost'] as const;
export type ReportOutcome = (typeof REPORT_OUTCOMES)[number];

/** What workers say. */
export class ReportMetrics {
  private readonly reports: Counter<'outcome'>;
  private readonly convergences: Histogram;

  constructor(registry: Registry) {
    this.reports = new Counter({
      name: 'nebula_reports_total',
      help: 'Reports and heartbeats of workers that have arrived at this api.',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of REPORT_OUTCOMES) this.reports.inc({ outcome }, 0);
    this.convergences = new Histogram({
      name: 'nebula_convergence_seconds',
      help: 'Time from a change until a worker had converged on it, each worker counted once, by the api that heard of it.',
      buckets: buckets.change,
      registers: [registry],
    });
  }

  arrived(outcome: ReportOutcome, count = 1): void {
    if (count > 0) this.reports.inc({ outcome }, count);
  }

  converged(seconds: number): void {
    this.convergences.observe(seconds);
  }
}
