import { redactText } from '@nebula/logging';
import { Inject, Injectable } from '@nestjs/common';
import { ApiLog } from '../api-log.js';
import { API_OPTIONS, type ApiOptions, type ReadinessCheck } from '../api-options.js';
import { Clock } from '../clock.js';
import { Publisher } from '../publishing/publisher.js';
import { AppStore } from '../store/app-store.js';

/** Longest wait for one check, milliseconds. */
const CHECK_LIMIT_MS = 2_000;

/** So long an outcome is answered with, milliseconds: whoever asks has no login, and is not counted. */
const KEPT_MS = 1_000;

export interface CheckResult {
  name: string;
  /** Null when all is well, else what is missing. */
  problem: string | null;
}

/** Whether all is there that the program needs to serve. */
@Injectable()
export class ReadinessService {
  private running: Promise<CheckResult[]> | undefined;
  private last: { results: CheckResult[]; until: number } | undefined;

  constructor(
    private readonly store: AppStore,
    private readonly publisher: Publisher,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'readiness' | 'reports'>,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  /** What is there, looked for once for all who ask at the same time or up to a second later. Never rejects. */
  async check(): Promise<CheckResult[]> {
    if (this.last && this.clock.elapsed() < this.last.until) return this.last.results;
    this.running ??= this.look().finally(() => (this.running = undefined));
    return await this.running;
  }

  private async look(): Promise<CheckResult[]> {
    const { readiness = [], reports } = this.options;
    const checks: ReadinessCheck[] = [
      { name: 'store', problem: () => this.store.problem() },
      ...this.publisher.readinessChecks(),
      ...(reports ? [{ name: 'reports', problem: async () => reports.problem() }] : []),
      ...readiness,
    ];
    const results = await Promise.all(checks.map((check) => this.result(check)));
    this.last = { results, until: this.clock.elapsed() + KEPT_MS };
    return results;
  }

  private async result(check: ReadinessCheck): Promise<CheckResult> {
    const { name } = check;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`does not answer within ${CHECK_LIMIT_MS / 1000} s`), CHECK_LIMIT_MS);
    });
    try {
      const problem = await Promise.race([check.problem(), late]);
      // Drivers word some of them, and whoever asks has no login.
      return { name, problem: problem === null ? null : redactText(problem) };
    } catch (error) {
      this.log.error('a check of readiness failed', { check: name }, error);
      return { name, problem: 'could not be checked' };
    } finally {
      clearTimeout(timer);
    }
  }
}
