import type { AppState, ContainerReport, LastError, Position } from '@nebula/contracts';
import type { StoredReport } from '../store/report-store.js';
import { comparedTo, type WorkerPosition } from './position.js';

/** What one worker said last about an app, seen from what is wanted now. */
export interface WorkerStatus {
  worker_id: string;
  hostname: string;
  worker_version: string;
  epoch: number;
  revision: number;
  /** Whether that is the desired revision. */
  position: WorkerPosition;
  state: AppState;
  containers: ContainerReport[];
  last_error: LastError | null;
  /** ISO 8601, by the api's clock. */
  reported_at: string;
}

export function workerStatus({ report, received_at }: StoredReport, desired: Position): WorkerStatus {
  const { worker_id, worker, epoch, revision, containers, last_error } = report;
  return {
    worker_id,
    hostname: worker.hostname,
    worker_version: worker.worker_version,
    epoch,
    revision,
    position: comparedTo(desired, report),
    state: stateTowards(desired, { report }),
    containers,
    last_error,
    reported_at: received_at,
  };
}

/** A worker that has reached another desired state than the newest, or failed at it, is on its way. */
export function stateTowards(desired: Position, { report }: Pick<StoredReport, 'report'>): AppState {
  return comparedTo(desired, report) === 'current' ? report.state : 'converging';
}
