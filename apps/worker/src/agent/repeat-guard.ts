import type { Clock } from '../clock.js';
import { failureKey } from '../reconcile/failure-key.js';
import { formatStep } from '../reconcile/format-plan.js';
import { backoff } from '../reconcile/memory-updates.js';
import type { ObservedContainer } from '../reconcile/observed.js';
import type { PlanProblem, Step } from '../reconcile/step.js';

/** So often the same steps may be done before they are done more slowly. */
const PATIENCE = 3;

/** What was done and not undone for this long after the last wait is there to stay, milliseconds. */
const STEADY = 5_000;

/** What was done, and is not known to be there to stay. */
interface Repeat {
  /** The steps, for people. */
  text: string;
  /** How often in a row, whatever else was done in between. */
  times: number;
  /** The last time, milliseconds since 1970. */
  done_at: number;
  /** So long it waits until it is done again, milliseconds. */
  wait: number;
  /** There was a look since at which it was not to be done. */
  rested: boolean;
}

/**
 * Steps that succeed and are planned again (somebody undoes them, or the engine says yes and does nothing) must
 * not become a busy loop. Every lane counts for itself: what is done in turn with other things is a loop, too, and what
 * is done for the first time waits for nobody.
 *
 * What lasts is forgotten, so that there is not more to remember than what is planned and what was done of late.
 */
export class RepeatGuard {
  /** By what the lane does: the same for the same steps on other containers, which may be made anew each time. */
  private readonly repeats = new Map<string, Repeat>();

  constructor(private readonly clock: Clock) {}

  /**
   * Which of these lanes can be done now, and in how many milliseconds the first of the others can; 0 without others.
   *
   * @param containers that the steps were planned from, here and below.
   */
  due(lanes: readonly Step[][], containers: readonly ObservedContainer[]): { lanes: Step[][]; wait: number } {
    const timed = lanes.map((lane) => ({ lane, wait: this.waitFor(keyOf(lane, containers)) }));
    const waits = timed.map(({ wait }) => wait).filter((wait) => wait > 0);
    return {
      lanes: timed.filter(({ wait }) => wait === 0).map(({ lane }) => lane),
      wait: waits.length > 0 ? Math.min(...waits) : 0,
    };
  }

  /** These lanes of one plan were done. Those that are the same to it count once: nobody has undone one of them in between. */
  done(lanes: readonly Step[][], containers: readonly ObservedContainer[]): void {
    const done_at = this.clock.now();
    const jitter = this.clock.random();
    // Every replica has waits of its own for starts and restarts, since others come and go meanwhile.
    const counted = lanes.filter((lane) => !lane.some(({ kind }) => kind === 'start' || kind === 'restart'));
    for (const [key, lane] of new Map(counted.map((each) => [keyOf(each, containers), each]))) {
      const times = (this.repeats.get(key)?.times ?? 0) + 1;
      const slow = times - PATIENCE + 1;
      const wait = slow > 0 ? backoff(slow, jitter) : 0;
      this.repeats.set(key, { text: textOf(lane, containers), times, done_at, wait, rested: false });
    }
  }

  /** Takes note of what is planned now: all else is not undone, and is forgotten once that has lasted. */
  look(lanes: readonly Step[][], containers: readonly ObservedContainer[]): void {
    const planned = new Set(lanes.map((lane) => keyOf(lane, containers)));
    const now = this.clock.now();
    for (const [key, repeat] of this.repeats) {
      // It may have been undone a moment ago, after it has lasted.
      if (repeat.rested && Math.abs(now - repeat.done_at) >= steady(repeat)) this.repeats.delete(key);
      else repeat.rested ||= !planned.has(key);
    }
  }

  /**
   * What is to be told of the steps that are done over and over most often, also while nobody has undone them yet; null
   * when there are none.
   *
   * @param lanes what is planned now.
   */
  trouble(lanes: readonly Step[][], containers: readonly ObservedContainer[]): PlanProblem | null {
    const planned = new Set(lanes.map((lane) => keyOf(lane, containers)));
    const troubles = [...this.repeats].filter(([, { times }]) => times >= PATIENCE);
    const [worst] = troubles.sort(([, a], [, b]) => b.times - a.times);
    if (!worst) return null;
    const [key, repeat] = worst;
    const { text, times, done_at, wait } = repeat;
    const others = troubles.length > 1 ? `; with it ${troubles.length - 1} more` : '';
    const message = `something undoes again and again what is done here: ${text} (${times} times)${others}`;
    return { step: 'run', message, retry_at: done_at + (planned.has(key) ? wait : steady(repeat)) };
  }

  /** Something else is wanted. */
  reset(): void {
    this.repeats.clear();
  }

  private waitFor(key: string): number {
    const repeat = this.repeats.get(key);
    if (!repeat || repeat.times < PATIENCE) return 0;
    const passed = this.clock.now() - repeat.done_at;
    // A clock that was set back says nothing of how long it is.
    return passed < 0 ? 0 : Math.max(0, repeat.wait - passed);
  }
}

/** How long it must last to count as done for good, milliseconds. */
function steady({ wait }: Repeat): number {
  return 2 * wait + STEADY;
}

/** What a failure of these steps would be remembered by, and what else they are about. */
function keyOf(lane: readonly Step[], containers: readonly ObservedContainer[]): string {
  return JSON.stringify(
    lane.map((step) => [failureKey(step, lane, containers), 'name' in step ? step.name : '']),
  );
}

/** The steps with the names of their containers. */
function textOf(lane: readonly Step[], containers: readonly ObservedContainer[]): string {
  const names = new Map(containers.map(({ id, name }) => [id, name]));
  return lane.map((step) => formatStep(step, names)).join(' → ');
}
