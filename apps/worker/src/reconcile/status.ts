import { type AppState, containerName } from '@nebula/contracts';
import type { DesiredApp } from './desired.js';
import type { ObservedApp } from './observed.js';
import { isDone } from './restart-policy.js';
import type { Plan, PlanProblem } from './step.js';

/**
 * How far an app is on this server.
 *
 * A problem of kind `plan` with a retry time is only waiting for the engine; every other one is a failure, and
 * stays one while steps are under way against it.
 */
export function appState(plan: Plan, desired: DesiredApp, observed: ObservedApp): AppState {
  if (plan.problems.some((problem) => !isWaiting(problem))) return 'failed';
  const done = plan.lanes.length === 0 && plan.problems.length === 0;
  return done && isAsWanted(desired, observed) ? 'converged' : 'converging';
}

function isWaiting(problem: PlanProblem): boolean {
  return problem.step === 'plan' && problem.retry_at !== null;
}

/**
 * An empty plan leaves exactly the wanted containers, so it is enough that all of them run, and are not still starting by
 * their health checks, or have ended as they may, or that there are none.
 */
function isAsWanted({ deleted, spec }: DesiredApp, { containers }: ObservedApp): boolean {
  if (deleted || !spec?.running) return containers.length === 0;
  return containers.every(
    (container) =>
      (container.state === 'running' && container.health !== 'starting') ||
      isDone(container, containerName(spec.app_name, container.replica), spec),
  );
}
