import { redactText } from '@nebula/logging';
import type { ReportTransport } from '@nebula/messaging';
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

export interface Readiness {
  /** `degraded`: it serves, and some regions of several can't be reached. */
  status: 'ok' | 'degraded' | 'unready';
  checks: CheckResult[];
}

/** Whether all is there that the program needs to serve. */
@Injectable()
export class ReadinessService {
  private running: Promise<Readiness> | undefined;
  private last: { readiness: Readiness; until: number } | undefined;

  constructor(
    private readonly store: AppStore,
    private readonly publisher: Publisher,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'readiness' | 'reports'>,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {}

  /** What is there, looked for once for all who ask at the same time or up to a second later. Never rejects. */
  async check(): Promise<Readiness> {
    if (this.last && this.clock.elapsed() < this.last.until) return this.last.readiness;
    this.running ??= this.look().finally(() => (this.running = undefined));
    return await this.running;
  }

  private async look(): Promise<Readiness> {
    const { readiness = [], reports } = this.options;
    const checks: ReadinessCheck[] = [
      { name: 'store', problem: () => this.store.problem() },
      ...this.publisher.readinessChecks(),
      ...reportChecks(reports),
      ...readiness.map((check) => this.named(check)),
    ];
    const results = await Promise.all(checks.map((check) => this.result(check)));
    const found = { status: statusOf(checks, results), checks: results };
    this.last = { readiness: found, until: this.clock.elapsed() + KEPT_MS };
    return found;
  }

  /** One of several regions is told from the others by its name. */
  private named(check: ReadinessCheck): ReadinessCheck {
    const isOneOfSeveral = check.region !== undefined && this.publisher.readinessChecks().length > 1;
    return isOneOfSeveral ? { ...check, name: `${check.name} ${check.region}` } : check;
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

function reportChecks(reports: ReportTransport | undefined): ReadinessCheck[] {
  if (!reports) return [];
  if (!reports.parts) return [{ name: 'reports', problem: async () => reports.problem() }];
  return reports.parts.map(({ region, transport }) => ({
    ...{ name: `reports ${region}`, region },
    problem: async () => transport.problem(),
  }));
}

/** Where there are several regions, one that is away keeps no other waiting, so the program serves while any is there. */
function statusOf(checks: readonly ReadinessCheck[], results: readonly CheckResult[]): Readiness['status'] {
  const failed = checks.filter((_, index) => results[index]?.problem !== null);
  if (failed.length === 0) return 'ok';
  const regions = new Set(checks.flatMap(({ region }) => region ?? []));
  const failedRegions = new Set(failed.flatMap(({ region }) => region ?? []));
  const isRegional = failed.every(({ region }) => region !== undefined);
  return isRegional && failedRegions.size < regions.size ? 'degraded' : 'unready';
}
