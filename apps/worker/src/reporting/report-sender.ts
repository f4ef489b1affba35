import { randomUUID } from 'node:crypto';
import { mayReport, WORKER_USER_PREFIX, type WorkerFacts, type WorkerHeartbeat } from '@nebula/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { EngineFactsCache } from '../agent/engine-facts-cache.js';
import { WorkerLog } from '../worker-log.js';
import { WORKER_OPTIONS, type WorkerOptions } from '../worker-options.js';
import type { ReportBody } from './fitting-report.js';

/** A heartbeat without what only the sending adds. */
export type HeartbeatBody = Omit<WorkerHeartbeat, 'sequence' | 'boot_nonce'>;

const NO_ID =
  'worker_id must be set: this engine has no id that stays (Podman has none), and from the server none can be had, ' +
  'as in a container; until then nothing is reported';

function refusalOf(user: string, id: string): string {
  const owner = JSON.stringify(user.slice(WORKER_USER_PREFIX.length));
  return (
    `the api drops what this worker reports: with the user ${user} only the worker ${owner} may report, and this is ` +
    `${JSON.stringify(id)}; set worker_id to ${owner}, or rabbit_user to ${WORKER_USER_PREFIX}${id} with its password`
  );
}

/** Sends reports and heartbeats, in one count, as the worker that this is. */
@Injectable()
export class ReportSender {
  private readonly bootNonce = randomUUID();
  private sequence = 0;
  private workerId: string | null;
  private isTold = false;
  /** The last refusal that the log was told of. */
  private toldRefusal: string | null = null;

  constructor(
    @Inject(WORKER_OPTIONS)
    private readonly options: Pick<
      WorkerOptions,
      'reports' | 'report_user' | 'worker_id' | 'worker_labels' | 'version'
    >,
    private readonly engine: EngineFactsCache,
    private readonly log: WorkerLog,
  ) {
    this.workerId = options.worker_id ?? null;
  }

  /** Null when this worker can report, or its engine has not told yet what it is, else what is missing. */
  problem(): string | null {
    return this.workerId === null && this.engine.told?.engine_id === null ? NO_ID : null;
  }

  /**
   * Null when the api hears this worker, or its engine has not told yet who it is, else why not. Nothing comes back from
   * the api, so this is by the rule that the api has.
   */
  refusal(): string | null {
    const { report_user: user } = this.options;
    const id = this.workerId ?? this.engine.told?.engine_id ?? null;
    return user === undefined || id === null || mayReport(user, id) ? null : refusalOf(user, id);
  }

  /**
   * Who this is and on what; null until the engine has told, be it an earlier process, or when there is a problem. Once
   * the engine itself has told it, the id stays the same.
   */
  identity(): { worker_id: string; worker: WorkerFacts } | null {
    const facts = this.engine.told;
    if (!facts) return null;
    const { hostname, engine_version, architecture, cores, memory_bytes } = facts;
    const { version: worker_version, worker_labels: labels = {} } = this.options;
    this.workerId ??= this.engine.latest?.engine_id ?? null;
    const worker_id = this.workerId ?? facts.engine_id;
    if (worker_id === null) {
      if (!this.isTold) this.log.error(NO_ID);
      this.isTold = true;
      return null;
    }
    const refusal = this.refusal();
    if (refusal !== null && refusal !== this.toldRefusal) this.log.error(refusal);
    this.toldRefusal = refusal;
    return {
      worker_id,
      worker: { hostname, engine_version, architecture, cores, memory_bytes, worker_version, labels },
    };
  }

  send(body: ReportBody | HeartbeatBody): void {
    this.sequence += 1;
    this.options.reports.publish({ ...body, boot_nonce: this.bootNonce, sequence: this.sequence });
  }
}
