import { activeFailure, failureKey, failureOf } from './failure-key.js';
import type { Failure } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput } from './plan-input.js';
import type { PlanProblem, Step } from './step.js';

/** How long a container that the engine is removing is left alone before it is looked at again, milliseconds. */
const REMOVAL_PATIENCE = 1000;

export function problemOf(failure: Failure): PlanProblem {
  return { step: failure.step, message: failure.message, retry_at: failure.retry_at };
}

/** A pull that waits until the random time before it is over. */
export function pullLater({ memory, now }: PlanInput): PlanProblem {
  const message = 'the pull waits for a random time, so that not all servers ask the registry at once';
  return { step: 'plan', message, retry_at: memory.hold?.until ?? now };
}

/** A change that waits until the random time before it is over. */
export function updateLater({ memory, now }: PlanInput): PlanProblem {
  const message = 'the update waits for a random time, so that not all servers begin at once';
  return { step: 'plan', message, retry_at: memory.hold?.until ?? now };
}

/** Only waiting, not failing: told apart by its retry time. */
export function beingRemoved(container: ObservedContainer, now: number): PlanProblem {
  return {
    step: 'plan',
    message: `${container.name} is being removed by the engine`,
    retry_at: now + REMOVAL_PATIENCE,
  };
}

/** The first failure for which it is too early to try these steps again. */
export function firstActiveFailure(
  steps: readonly Step[],
  containers: readonly ObservedContainer[],
  { memory, now }: PlanInput,
): Failure | null {
  for (const step of steps) {
    const failure = activeFailure(memory, failureKey(step, steps, containers), now);
    if (failure) return failure;
  }
  return null;
}

/** A failure of these steps that trying again can't mend, whether or not its time has come. */
export function terminalFailure(
  steps: readonly Step[],
  containers: readonly ObservedContainer[],
  { memory }: PlanInput,
): Failure | null {
  for (const step of steps) {
    const failure = failureOf(memory, failureKey(step, steps, containers));
    if (failure?.terminal) return failure;
  }
  return null;
}

/** What has failed before and is tried again by these lanes: it stays a problem until it has succeeded. */
export function retriedFailures(
  lanes: readonly Step[][],
  containers: readonly ObservedContainer[],
  { memory }: PlanInput,
): PlanProblem[] {
  return lanes.flatMap((lane) =>
    lane
      .map((step) => failureOf(memory, failureKey(step, lane, containers)))
      .filter((failure) => failure !== null)
      // Nothing is waited for any more.
      .map((failure) => ({ ...problemOf(failure), retry_at: null })),
  );
}

/** Splits steps that don't need each other into those that can be tried now and the problems of the others. */
export function tryable(
  steps: readonly Step[],
  containers: readonly ObservedContainer[],
  input: PlanInput,
): { steps: Step[]; problems: PlanProblem[] } {
  return tryableGroups(
    steps.map((step) => [step]),
    containers,
    input,
  );
}

/** As `tryable`, of groups of steps of which each is done as a whole. */
export function tryableGroups(
  groups: readonly (readonly Step[])[],
  containers: readonly ObservedContainer[],
  input: PlanInput,
): { steps: Step[]; problems: PlanProblem[] } {
  const ready: Step[] = [];
  const problems: PlanProblem[] = [];
  for (const steps of groups) {
    const failure = firstActiveFailure(steps, containers, input);
    if (failure) problems.push(problemOf(failure));
    else ready.push(...steps);
  }
  return { steps: ready, problems };
}
