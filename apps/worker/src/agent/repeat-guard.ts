import type { Clock } from '../clock.js';
import { formatPlan } from '../reconcile/format-plan.js';
import { backoff } from '../reconcile/memory-updates.js';
import type { Step } from '../reconcile/step.js';

/** So often in a row the same steps may be done before they are done more slowly. */
const PATIENCE = 3;

/**
 * Steps that succeed and are planned again (somebody undoes them, or the engine says yes and does nothing) must
 * not become a busy loop.
 */
export class RepeatGuard {
  private steps = '';
  private times = 0;
  private doneAt = 0;
  private wait = 0;

  constructor(private readonly clock: Clock) {}

  /** How long these steps have to wait, milliseconds; 0 when they can be done now. */
  waitFor(lanes: Step[][]): number {
    if (this.times < PATIENCE || textOf(lanes) !== this.steps) return 0;
    const passed = this.clock.now() - this.doneAt;
    // A clock that was set back says nothing of how long it is.
    return passed < 0 ? 0 : Math.max(0, this.wait - passed);
  }

  /** These steps were done. */
  done(lanes: Step[][]): void {
    const steps = textOf(lanes);
    this.times = steps === this.steps ? this.times + 1 : 1;
    this.steps = steps;
    const slow = this.times - PATIENCE + 1;
    this.doneAt = this.clock.now();
    this.wait = slow > 0 ? backoff(slow, this.clock.random()) : 0;
  }

  /** There was nothing to do. */
  reset(): void {
    this.steps = '';
    this.times = 0;
  }
}

function textOf(lanes: Step[][]): string {
  return formatPlan({ lanes, problems: [] }, 0).join('\n');
}
