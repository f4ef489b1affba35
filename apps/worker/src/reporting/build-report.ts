import {
  type AppState,
  type FieldProblem,
  type LastError,
  LONGEST_PROGRESS,
  REFUSED_STEP,
  REPORT_SCHEMA,
  type WorkerFacts,
  type WorkerReport,
} from '@nebula/contracts';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { UpdateStatus } from '../reconcile/update-status.js';
import { fittingReport, type ReportBody } from './fitting-report.js';
import { type KnownError, toLastError } from './last-error.js';

/** What a runner knows of its app at one moment. */
export interface AppSnapshot {
  epoch: number;
  revision: number;
  deleted: boolean;
  state: AppState;
  containers: readonly ObservedContainer[];
  /** How often each of them was restarted because it was unhealthy, by id; absent for never. */
  unhealthy_restarts: Readonly<Record<string, number>>;
  error: KnownError | null;
  /** What there is to say that is no failure. */
  notices?: readonly string[];
  /** Null for an app that is not to run. */
  update?: UpdateStatus | null;
}

/** What there is to say of an app beside the work on it. */
export interface AppNotes {
  /** Why the feed's newest message is not acted on. */
  refusal: KnownError | null;
  /** Why the desired state isn't safe on disk. */
  copy: KnownError | null;
  /** How far a pull is that takes long. */
  progress: string | null;
}

/** The longest message that a report may carry, characters, is far above this. */
const LONGEST_MESSAGE = 4_000;

export function buildReport(
  worker_id: string,
  worker: WorkerFacts,
  app_name: string,
  snapshot: AppSnapshot | null,
  notes: AppNotes,
): ReportBody {
  const { epoch = 0, revision = 0, deleted = false, containers = [], state = 'failed' } = snapshot ?? {};
  const { unhealthy_restarts = {} } = snapshot ?? {};
  const error = notes.refusal ?? snapshot?.error ?? notes.copy;
  return fittingReport({
    schema: REPORT_SCHEMA,
    kind: 'report',
    worker_id,
    worker,
    app_name,
    epoch,
    revision,
    deleted,
    // A message that can't be acted on needs a person, however well the older state is served.
    state: notes.refusal ? 'failed' : state,
    containers: containers
      .toSorted(inOrder)
      .map((container) => reported(container, unhealthy_restarts[container.id] ?? 0)),
    last_error: error && shortened(toLastError(error)),
    progress: notes.progress && notes.progress.slice(0, LONGEST_PROGRESS),
    ...(snapshot?.notices?.length ? { notices: [...snapshot.notices] } : {}),
    ...(snapshot?.update ? { update: snapshot.update } : {}),
  });
}

/** The failure that a refused message is reported as. */
export function refusalError(problems: readonly FieldProblem[], at: number): KnownError {
  const lines = problems.map(({ pointer, message }) => `${pointer || 'the message'} ${message}`);
  return { step: REFUSED_STEP, message: lines.join('; '), at, retry_at: null };
}

function shortened(error: LastError): LastError {
  const { message } = error;
  return message.length > LONGEST_MESSAGE
    ? { ...error, message: `${message.slice(0, LONGEST_MESSAGE)}…` }
    : error;
}

function inOrder(a: ObservedContainer, b: ObservedContainer): number {
  return a.replica - b.replica || (a.name < b.name ? -1 : 1);
}

function reported(container: ObservedContainer, healed: number): WorkerReport['containers'][number] {
  const { id, name, replica, state, health, image, image_id, ports, restart_count } = container;
  const about = { id, name, replica, state, health, image, image_id, ports, restart_count };
  return healed > 0 ? { ...about, unhealthy_restarts: healed } : about;
}
