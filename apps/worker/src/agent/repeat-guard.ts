import type { Clock } from '../clock.js';
import { failureKey } from '../reconcile/failure-key.js';
import { formatStep } from '../reconcile/format-plan.js';
import { backoff } from '../reconcile/memory-updates.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { PlanProblem, Step } from '../reconcile/step.js';

/** So often in a row the same steps may be done before they are done more slowly. */
const PATIENCE = 3;

/** What was done and not undone for this long after the last wait is there to stay, milliseconds. */
const STEADY = 5_000;

/**
 * Steps that succeed and are planned again (somebody undoes them, or the engine says yes and does nothing) must
 * not become a busy loop.
 */
export class RepeatGuard {
  /** What was done last: the same for the same steps on other containers, which may be made anew each time. */
  private steps = '';
  /** The first lane of it, for people. */
  private text = '';
  private times = 0;
  private doneAt = 0;
  private wait = 0;
  /** There was nothing to do since. */
  private rested = false;

  constructor(private readonly clock: Clock) {}

  /**
   * How long these steps have to wait, milliseconds; 0 when they can be done now.
   *
   * @param containers that the steps were planned from, here and below.
   */
  waitFor(lanes: readonly Step[][], containers: readonly ObservedContainer[]): number {
    if (this.times < PATIENCE || keyOf(lanes, containers) !== this.steps) return 0;
    const passed = this.clock.now() - this.doneAt;
    // A clock that was set back says nothing of how long it is.
    return passed < 0 ? 0 : Math.max(0, this.wait - passed);
  }

  /** These steps were done. */
  done(lanes: readonly Step[][], containers: readonly ObservedContainer[]): void {
    const steps = keyOf(lanes, containers);
    // Every replica has waits of its own for starts and restarts, since others come and go meanwhile.
    if (lanes.every((lane) => lane.some(({ kind }) => kind === 'start' || kind === 'restart'))) return;
    this.times = steps === this.steps && !this.isOver ? this.times + 1 : 1;
    this.steps = steps;
    this.text = textOf(lanes[0] ?? [], containers);
    this.rested = false;
    const slow = this.times - PATIENCE + 1;
    this.doneAt = this.clock.now();
    this.wait = slow > 0 ? backoff(slow, this.clock.random()) : 0;
  }

  /**
   * What is to be told of steps that are done over and over, also while nobody has undone them yet; null when there are
   * none, or when they were done for the last time long enough ago.
   *
   * @param lanes what is planned now.
   */
  trouble(lanes: readonly Step[][], containers: readonly ObservedContainer[]): PlanProblem | null {
    const isAgain = lanes.length === 0 || keyOf(lanes, containers) === this.steps;
    if (this.times < PATIENCE || !isAgain || this.isOver) return null;
    const message = `something undoes again and again what is done here: ${this.text} (${this.times} times)`;
    const wait = lanes.length === 0 ? this.steady : this.wait;
    return { step: 'run', message, retry_at: this.doneAt + wait };
  }

  /** How long it must last to count as done for good, milliseconds. */
  private get steady(): number {
    return 2 * this.wait + STEADY;
  }

  private get isOver(): boolean {
    return this.rested && Math.abs(this.clock.now() - this.doneAt) >= this.steady;
  }

  /** There is nothing to do, for now. */
  rest(): void {
    this.rested = true;
  }

  /** Something else is wanted. */
  reset(): void {
    this.steps = '';
    this.times = 0;
  }
}

/** What a failure of these steps would be remembered by, and what else they are about. */
function keyOf(lanes: readonly Step[][], containers: readonly ObservedContainer[]): string {
  const lines = lanes.map((lane) =>
    lane.map((step) => [failureKey(step, lane, containers), 'name' in step ? step.name : '']),
  );
  return JSON.stringify(lines);
}

/** The steps with the names of their containers. */
function textOf(lane: readonly Step[], containers: readonly ObservedContainer[]): string {
  const names = new Map(containers.map(({ id, name }) => [id, name]));
  return lane.map((step) => formatStep(step, names)).join(' → ');
}
