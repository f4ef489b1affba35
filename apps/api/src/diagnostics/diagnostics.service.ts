import { redactText } from '@nebula/logging';
import { Inject, Injectable } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { ApiLog } from '../api-log.js';
import { Clock, instant } from '../clock.js';
import { AppChecks } from './app-checks.js';
import { type Check, CHECK_NAMES, type CheckName, type CheckOutcome, type Diagnosis } from './diagnosis.js';
import { FleetChecks } from './fleet-checks.js';
import { InfrastructureChecks } from './infrastructure-checks.js';
import { WorkerChecks } from './worker-checks.js';

/** Longest time for one check, milliseconds. All of them run beside each other. */
const CHECK_LIMIT_MS = 20_000;

/** Looks for all that may be wrong around this api. */
@Injectable()
export class DiagnosticsService {
  private readonly checks: Readonly<Record<CheckName, Check>>;
  private running: Promise<Diagnosis> | null = null;

  constructor(
    infrastructure: InfrastructureChecks,
    apps: AppChecks,
    workers: WorkerChecks,
    fleet: FleetChecks,
    @Inject(API_OPTIONS) private readonly options: Pick<ApiOptions, 'version'>,
    private readonly clock: Clock,
    private readonly log: ApiLog,
  ) {
    const clocks = async () => {
      const own = await infrastructure.ownClock();
      const others =
        own === null ? 'times in the database' : 'that of the server of the database, and with times in it';
      return {
        summary: `the clock of this api was compared with ${others}`,
        findings: [
          ...(own ?? []),
          ...(await apps.changesOfTheFuture()),
          ...(await workers.heardInTheFuture()),
        ],
      };
    };
    this.checks = {
      database: () => infrastructure.database(),
      broker: () => infrastructure.broker(),
      rights: () => infrastructure.rights(),
      streams: () => apps.streams(),
      secrets: () => apps.secrets(),
      clocks,
      workers: () => workers.workers(),
      apps: () => fleet.apps(),
      orphans: () => fleet.orphans(),
      versions: () => workers.versions(),
    };
  }

  /** Looks once for all who ask at the same time. Never rejects: what could not be checked is a finding. */
  async diagnose(): Promise<Diagnosis> {
    this.running ??= this.look().finally(() => (this.running = null));
    return await this.running;
  }

  private async look(): Promise<Diagnosis> {
    const checked_at = instant(this.clock.now());
    const checks = await Promise.all(CHECK_NAMES.map((name) => this.outcome(name)));
    return { version: this.options.version, checked_at, checks };
  }

  private async outcome(name: CheckName): Promise<CheckOutcome> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = new Error(`it took longer than ${CHECK_LIMIT_MS / 1_000} s`);
      timer = setTimeout(() => reject(error), CHECK_LIMIT_MS);
    });
    try {
      const { summary, findings } = await Promise.race([this.checks[name](), late]);
      // Drivers word some of them.
      const redacted = findings.map(({ problem, ...rest }) => ({ ...rest, problem: redactText(problem) }));
      return { name, summary, findings: redacted };
    } catch (error) {
      this.log.warn('a check could not be made', { check: name }, error);
      const reason = redactText(error instanceof Error ? error.message : String(error));
      const remedy = 'Mend what the other checks have found, and look again. The log of the api has more.';
      const problem = `It could not be checked: ${reason}.`;
      return { name, summary: 'it could not be checked', findings: [{ about: null, problem, remedy }] };
    } finally {
      clearTimeout(timer);
    }
  }
}
