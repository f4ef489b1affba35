import { containerName } from '@nebula/contracts';
import { remove, rename } from './container-steps.js';
import type { ObservedApp, ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { firstActiveFailure, problemOf } from './problems.js';
import type { PlanProblem, Step } from './step.js';

/**
 * A name that nobody has, for the time in which two containers of one replica exist: the base, or the base
 * with a number. Who a container is follows from its labels, so any free name will do.
 */
export function passingName(base: string, observed: ObservedApp): string {
  const used = new Set([...observed.taken_names, ...observed.containers.map((container) => container.name)]);
  let name = base;
  for (let n = 2; used.has(name); n += 1) name = `${base}.${n}`;
  return name;
}

/** Why a replica can't have its name although none of its own containers has it; null when it can. */
export function nameProblem(name: string, replica: number, observed: ObservedApp): PlanProblem | null {
  if (observed.taken_names.includes(name)) {
    return {
      step: 'create',
      message: `the name ${name} belongs to a container that is not this app's; remove or rename that container`,
      retry_at: null,
    };
  }
  if (observed.containers.some((container) => container.name === name && container.replica !== replica)) {
    return {
      step: 'rename',
      message: `the name ${name} still belongs to another replica's container`,
      retry_at: null,
    };
  }
  return null;
}

/**
 * Steps that give passing names to containers which sit on the name of another replica (somebody renamed
 * them). They come before everything else, so that the rest of the plan can rely on each replica's name being
 * free or its own.
 */
export function clearNames(situation: Situation): { steps: Step[]; problems: PlanProblem[] } {
  const { desired, observed, replicas } = situation;
  const owners = new Map<string, number>();
  for (let n = 1; n <= replicas; n += 1) owners.set(containerName(desired.app_name, n), n);

  const steps: Step[] = [];
  const problems: PlanProblem[] = [];
  for (const container of observed.containers) {
    const owner = owners.get(container.name);
    if (owner === undefined || owner === container.replica) continue;
    const step = clearName(container, observed, steps.length);
    const failure = step && firstActiveFailure([step], [container], situation);
    if (failure) problems.push(problemOf(failure));
    else if (step) steps.push(step);
  }
  return { steps, problems };
}

/** `nth` keeps the names given by one plan apart. */
function clearName(container: ObservedContainer, observed: ObservedApp, nth: number): Step | null {
  // The engine refuses to rename what it has begun to remove.
  if (container.state === 'removing') return null;
  if (container.state === 'dead') return remove(container);
  return rename(container, passingName(`${container.name}.moved-${nth}`, observed));
}
