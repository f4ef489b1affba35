import type { AppState } from '@nebula/contracts';
import type { Clock } from '../clock.js';
import type { AcceptedState } from '../desired-state/accepted-state.js';
import type { AppMemory } from '../reconcile/memory.js';
import type { ObservedContainer, ObservedApp } from '../reconcile/observed.js';
import { appState } from '../reconcile/status.js';
import type { UpdateStatus } from '../reconcile/update-status.js';
import type { Plan } from '../reconcile/step.js';
import { messageOf, type WorkerLog } from '../worker-log.js';
import { type KnownError, newestError } from './last-error.js';
import type { Reporter } from './reporter.js';

/** How an app is beside what is to be done for it. */
export interface Condition {
  /** How the newest change is; null when the app is not to run. */
  update: UpdateStatus | null;
  /** What there is to say that is no failure. */
  notices: readonly string[];
}

/** Tells log and reports how one app is, as often as its runner looks; both hear of changes alone. */
export class AppStatus {
  /** What keeps the app from its desired state, one per line. */
  private problems = '';
  private error: KnownError | null = null;
  private update: UpdateStatus | null = null;
  private notices: readonly string[] = [];
  private containers: readonly ObservedContainer[] = [];
  private unhealthyRestarts: Readonly<Record<string, number>> = {};

  constructor(
    private readonly app: string,
    private readonly reporter: Reporter,
    private readonly clock: Clock,
    private readonly log: WorkerLog,
  ) {}

  /** Something keeps the app from its desired state, so a name or a port that becomes free may matter. */
  get troubled(): boolean {
    return this.problems !== '';
  }

  /**
   * What was observed and what follows from it.
   *
   * @param isRetried the engine has interrupted the last work. It stays a failure until some work is done, as long as
   *   there is any: else a state between two tries would hide it.
   */
  tell(
    state: AcceptedState,
    plan: Plan,
    observed: ObservedApp,
    memory: AppMemory,
    { update, notices }: Condition,
    isRetried: boolean,
  ): AppState {
    const { app, log } = this;
    const { revision } = state;
    const found = appState(plan, state.desired, observed);
    const isOwed = isRetried && plan.lanes.length > 0;
    const how = isOwed && found === 'converging' ? 'failed' : found;
    const problems = plan.problems.map(({ step, message }) => `${step}: ${message}`).join('\n');
    if (problems !== this.problems && problems !== '')
      log.warn('an app has problems', { app, revision, problems });
    if (how === 'converged' && this.error)
      log.info('an app has converged after a failure', { app, revision });
    if (notices.length > 0 && notices.join('\n') !== this.notices.join('\n'))
      log.warn('an app does without something on this server', { app, revision, notices });
    this.notices = notices;
    this.problems = problems;
    this.error = newestError(plan.problems, this.error, how === 'converged', memory, this.clock.now());
    this.update = update;
    this.containers = observed.containers;
    this.unhealthyRestarts = Object.fromEntries(
      Object.entries(memory.unhealthy).map(([id, { restarts }]) => [id, restarts]),
    );
    this.send(state, how);
    return how;
  }

  /**
   * The app can't be looked at or worked on.
   *
   * @param retryAt milliseconds since 1970.
   */
  interrupted(state: AcceptedState | null, step: string, error: unknown, retryAt: number): void {
    const message = messageOf(error);
    const problems = `${step}: ${message}`;
    if (problems !== this.problems)
      this.log.warn('the work on an app is interrupted', { app: this.app, problems });
    this.problems = problems;
    this.error = { step, message, at: this.clock.now(), retry_at: retryAt };
    if (state) this.send(state, 'failed');
  }

  private send({ epoch, revision, desired }: AcceptedState, state: AppState): void {
    const { containers, error, unhealthyRestarts: unhealthy_restarts, update, notices } = this;
    const about = { epoch, revision, deleted: desired.deleted, state };
    this.reporter.snapshot(this.app, { ...about, containers, unhealthy_restarts, error, update, notices });
  }
}
