import { replicasOn, updatePolicy } from '@nebula/contracts';
import { isUp } from './container-steps.js';
import { withCrashes } from './crashes.js';
import { withFound } from './found.js';
import { withSubject } from './memory-updates.js';
import type { AppMemory } from './memory.js';
import type { PlanInput, Situation } from './plan-input.js';
import { onMachine, withDenied } from './notices.js';
import { isReady, lookAt, withBegun, withReadied } from './readiness.js';
import { asServed } from './served-release.js';
import { withHealth } from './unhealthy.js';
import { isServedWell, withOutcome } from './update.js';

/**
 * The memory after what a look teaches, to be noted before it is planned for. Pure, like the plan; the same object when
 * nothing was learned.
 */
export function learn(input: PlanInput): AppMemory {
  const { desired, node, observed, now } = input;
  const { containers } = observed;
  const known = withSubject(onMachine(input.memory, node.machine), desired, node);
  const told = withDenied(withCrashes(known, containers, now), containers);
  const memory = withHealth(told, containers, now);
  const situation = situationOf({ ...input, memory });
  if (!situation) return memory;
  const rule = updatePolicy(situation.spec);
  const readied = withReadied(withFound(memory, asServed(situation)), containers, rule, input.now);
  const learned = withOutcome({ ...situation, memory: withBegun(readied, containers) });
  return onMachine(learned, node.machine);
}

/**
 * When a look may teach that the app serves well, although there is nothing to do until then, milliseconds since 1970;
 * null when nothing is to be learned.
 */
export function nextLesson(input: PlanInput): number | null {
  const situation = situationOf(input);
  if (!situation || isServedWell(asServed(situation))) return null;
  const { observed, spec, now } = situation;
  const policy = updatePolicy(spec);
  const coming = observed.containers.filter(
    (container) => isUp(container) && !isReady(container, policy, now),
  );
  return coming.length > 0 ? Math.min(...coming.map((container) => lookAt(container, policy, now))) : null;
}

/** Null when the app is not to run. */
function situationOf(input: PlanInput): Situation | null {
  const { deleted, spec } = input.desired;
  if (deleted || !spec?.running) return null;
  return { ...input, spec, replicas: replicasOn(spec.containers_per, input.node) };
}
