import { Injectable } from '@nestjs/common';
import { ContainerRuntime } from './container-runtime/container-runtime.js';
import { DesiredStateCopies } from './desired-state/desired-state-copies.js';
import { ReportSender } from './reporting/report-sender.js';

/** Whether this worker can do its work. */
@Injectable()
export class WorkerReadiness {
  constructor(
    private readonly runtime: ContainerRuntime,
    private readonly copies: DesiredStateCopies,
    private readonly sender: ReportSender,
  ) {}

  /** Null when it can, else what is missing, in a few words. */
  async problem(): Promise<string | null> {
    return (await this.runtime.problem()) ?? this.sender.problem() ?? this.copies.problem;
  }

  /** Null when what it reports is heard, else why not; that what runs here is in order doesn't depend on it. */
  reportsProblem(): string | null {
    return this.sender.refusal();
  }
}
