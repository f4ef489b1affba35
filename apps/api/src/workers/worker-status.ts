import {
  comparePositions,
  type ContainerReport,
  type LastError,
  type Position,
  type UpdateReport,
} from '@nebula/contracts';
import { instant } from '../clock.js';
import type { AppOnWorker, AppRow, FleetState, StoredReport } from '../store/fleet-records.js';

/**
 * Where a worker is in the order of an app's desired states. `ahead`: it has seen what the database doesn't know,
 * which was then put back to an older state.
 */
export type WorkerPosition = 'behind' | 'current' | 'ahead';

/** What one worker said last about an app, seen from what is wanted now. */
export interface WorkerStatus {
  worker_id: string;
  hostname: string;
  worker_version: string;
  epoch: number;
  revision: number;
  /** Whether that is the desired revision. */
  position: WorkerPosition;
  state: FleetState;
  /** ISO 8601, like all times here by the api's clock: when it was first heard that it has converged. */
  converged_at: string | null;
  /** From the change until then. */
  seconds_to_converge: number | null;
  containers: ContainerReport[];
  /** Null, too, while no report of this revision has come. */
  last_error: LastError | null;
  /** How far something is that takes long, like a pull; null when there is nothing. */
  progress: string | null;
  /** What the worker has to say of the app that is no failure, for people, like a limit that its server can't give. */
  notices: string[];
  /** How the newest change is there; null for an app that is not to run, and while the worker doesn't tell. */
  update: UpdateReport | null;
  /** When the containers were reported; null when they never were. */
  reported_at: string | null;
  last_seen_at: string;
  /** Since when two workers report under this id; null when all is well. */
  duplicate_since: string | null;
}

export function workerStatus({ worker, app, state, report }: AppRow, desired: Position): WorkerStatus {
  const { worker_id, facts, duplicate, last_seen_at } = worker;
  const { epoch, revision } = app;
  const own = ofItsPosition(app, report);
  return {
    ...{ worker_id, hostname: facts.hostname, worker_version: facts.worker_version, epoch, revision },
    position: comparedTo(desired, app),
    state,
    ...convergence(app),
    containers: report?.report.containers ?? [],
    ...lastError(app, report),
    progress: own?.report.progress ?? null,
    notices: report?.report.notices ?? [],
    update: own?.report.update ?? null,
    last_seen_at: instant(last_seen_at),
    duplicate_since: duplicate && instant(duplicate.since),
  };
}

/** When and how quickly an app converged, as answers have it. */
export function convergence({ converged_at, took_ms }: AppOnWorker) {
  return {
    converged_at: converged_at === null ? null : instant(converged_at),
    seconds_to_converge: took_ms === null ? null : took_ms / 1_000,
  };
}

/** The error in a report of the position that the worker has, unless it has said since then that all is well. */
export function lastError(app: AppOnWorker, report: StoredReport | null) {
  const isWell = app.state !== 'failed' && app.error_step === null;
  return {
    last_error: isWell ? null : (ofItsPosition(app, report)?.report.last_error ?? null),
    reported_at: report && instant(report.received_at),
  };
}

/**
 * A report where it tells of the position that the worker has. Where the one of a newer position was lost, the kept one
 * tells what ran there then, but nothing of how the newer change is.
 */
function ofItsPosition(app: AppOnWorker, report: StoredReport | null): StoredReport | null {
  return report && comparePositions(report.report, app) === 0 ? report : null;
}

function comparedTo(desired: Position, reported: Position): WorkerPosition {
  const order = comparePositions(reported, desired);
  if (order === 0) return 'current';
  return order < 0 ? 'behind' : 'ahead';
}
