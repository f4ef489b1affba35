import { remove } from './container-steps.js';
import { failureKey, failureOf } from './failure-key.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput, Situation } from './plan-input.js';
import { tryable, tryableGroups } from './problems.js';
import { viewAsItWas } from './replica-view.js';
import type { PlanProblem, Step } from './step.js';

/** The containers of one replica. */
export interface Group {
  replica: number;
  own: readonly ObservedContainer[];
}

/** The containers by replica, the lowest first. Those of no replica are left out. */
export function groupsOf(containers: readonly ObservedContainer[]): Group[] {
  const replicas = new Set(containers.map(({ replica }) => replica).filter((replica) => replica > 0));
  return [...replicas]
    .sort((a, b) => a - b)
    .map((replica) => ({ replica, own: containers.filter((container) => container.replica === replica) }));
}

/**
 * What has ended, but for the container of each replica that the app may come back to: one whose program has done its work
 * would do it again if it were made anew.
 *
 * @param containers that nobody knows the use of.
 * @param comesBack whether the app may come back to a container of a replica.
 */
export function leftoversOf(
  containers: readonly ObservedContainer[],
  situation: Situation,
  comesBack: (group: Group) => boolean,
): ObservedContainer[] {
  const staying = groupsOf(containers)
    .filter(comesBack)
    .map(({ replica, own }) => viewAsItWas(replica, own, situation).backup);
  return containers.filter(
    (container) => ['exited', 'dead'].includes(container.state) && !staying.includes(container),
  );
}

/**
 * What a prune takes, once for each time that it is asked for. Images are pruned beside everything else, above all where a
 * full disk keeps the app from going on, and after the containers that may be the last that are made from them. One that
 * could not be removed holds up no image of others: it is tried again, and the images once more after it.
 *
 * A disk that is too full takes the same containers, unasked. Their images go as far as the disk needs it, which is seen
 * elsewhere.
 */
export function planPrune(
  input: PlanInput,
  leftovers: readonly ObservedContainer[],
): { steps: Step[]; problems: PlanProblem[] } {
  const { desired, memory, observed, disk_short = false } = input;
  const token = desired.tokens.prune;
  if (desired.deleted) return { steps: [], problems: [] };
  const prune: Step = { kind: 'prune', token };
  const hasFailed = (step: Step): boolean =>
    token !== 0 && failureOf(memory, failureKey(step, [step], observed.containers)) !== null;
  const isAsked = token !== 0 && (token !== memory.prune || hasFailed(prune));
  const due = leftovers.map(remove).filter((step) => isAsked || hasFailed(step) || disk_short);
  const removals = tryable(due, observed.containers, input);
  if (!isAsked && (disk_short || !removals.steps.some(hasFailed))) return removals;
  const whole = tryableGroups([[...removals.steps, prune]], observed.containers, input);
  return { steps: whole.steps, problems: [...removals.problems, ...whole.problems] };
}
