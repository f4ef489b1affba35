import { isUp, remove, stopping } from './container-steps.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput } from './plan-input.js';
import { beingRemoved, firstActiveFailure, problemOf } from './problems.js';
import type { PlanProblem, Step } from './step.js';
import { noWork, type Work } from './work.js';

/** What removing some containers takes. Containers whose removal failed lately are left alone for now. */
export interface Removals {
  /** Removals of containers that don't run. */
  idle: Step[];
  /** Stops and removals of containers that run. */
  running: Step[];
  /** Ids of the containers that `running` ends. */
  ends: string[];
  /** Those that stay for now. */
  staying: ObservedContainer[];
  problems: PlanProblem[];
}

/** Stops what runs with its own signal first, so that it can end in order; removing alone would kill it. */
export function removals(containers: readonly ObservedContainer[], input: PlanInput): Removals {
  const result: Removals = { idle: [], running: [], ends: [], staying: [], problems: [] };
  for (const container of containers) {
    const up = isUp(container);
    const steps = up ? [...stopping(container), remove(container)] : [remove(container)];
    const failure = firstActiveFailure(steps, containers, input);
    if (container.state === 'removing') {
      result.staying.push(container);
      result.problems.push(beingRemoved(container, input.now));
    } else if (failure) {
      result.staying.push(container);
      result.problems.push(problemOf(failure));
    } else if (up) {
      result.running.push(...steps);
      result.ends.push(container.id);
    } else {
      result.idle.push(...steps);
    }
  }
  return result;
}

/** A work of its own for each container that this server shall not have, the highest replica first. */
export function surplusWorks(
  surplus: readonly ObservedContainer[],
  input: PlanInput,
): { works: Work[]; problems: PlanProblem[] } {
  const works: Work[] = [];
  const problems: PlanProblem[] = [];
  const highestFirst = surplus.toSorted((a, b) => b.replica - a.replica || (a.id < b.id ? -1 : 1));
  for (const container of highestFirst) {
    const removal = removals([container], input);
    problems.push(...removal.problems);
    // Stopping and removing is one phase: nobody goes back to a surplus container.
    works.push({
      ...noWork(container.replica),
      release: [...removal.running, ...removal.idle],
      ends: removal.ends,
    });
  }
  return { works, problems };
}
