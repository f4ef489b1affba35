import { containerName } from '@nebula/contracts';
import { isUp } from './container-steps.js';
import type { Situation } from './plan-input.js';
import { isDone } from './restart-policy.js';
import type { PlanProblem } from './step.js';

/** What the apps of a worker know of each other. */
export interface OtherApp {
  depends_on: readonly string[];
  /** False when it is stopped. */
  running: boolean;
  /** It ran as wanted at least once since the worker began and since it was last stopped. */
  has_converged: boolean;
}

/** A wait ends by the other app's news. This is how long at most nobody looks without any, milliseconds. */
const LOOK_AGAIN_AFTER = 60_000;

/**
 * Why an app of which nothing runs and nothing has done its work can't be started for the first time: an app that it depends on has not run here as
 * wanted yet. After that the others don't matter any more, so neither an update nor the end of one touches anything.
 */
export function dependencyProblems(situation: Situation): PlanProblem[] {
  const { spec, desired, observed, replicas, others = new Map<string, OtherApp>(), now } = situation;
  if (spec.depends_on.length === 0 || replicas === 0) return [];
  const hasStarted = observed.containers.some(
    (container) =>
      isUp(container) || isDone(container, containerName(desired.app_name, container.replica), spec),
  );
  if (hasStarted || others.get(desired.app_name)?.has_converged) return [];
  const failed = (message: string): PlanProblem => ({ step: 'plan', message, retry_at: null });
  const cycle = cycleFrom(desired.app_name, spec.depends_on, others);
  if (cycle) return [failed(`depends_on: ${cycle.join(' → ')} is a cycle, so none of them is started`)];
  return spec.depends_on.flatMap((name) => {
    const other = others.get(name);
    if (!other)
      return [failed(`depends_on: this worker doesn't run the app ${name}, without which it isn't started`)];
    if (other.has_converged && other.running) return [];
    const why = other.running ? 'which has not run as wanted here yet' : 'which is stopped';
    return [{ step: 'plan', message: `waits for the app ${name}, ${why}`, retry_at: now + LOOK_AGAIN_AFTER }];
  });
}

/** The way from an app back to itself, null when there is none. */
function cycleFrom(
  app: string,
  dependencies: readonly string[],
  others: ReadonlyMap<string, OtherApp>,
): string[] | null {
  const seen = new Set<string>();
  const find = (name: string): string[] | null => {
    if (name === app) return [app];
    if (seen.has(name)) return null;
    seen.add(name);
    for (const next of others.get(name)?.depends_on ?? []) {
      const rest = find(next);
      if (rest) return [name, ...rest];
    }
    return null;
  };
  for (const name of dependencies) {
    const rest = find(name);
    if (rest) return [app, ...rest];
  }
  return null;
}
