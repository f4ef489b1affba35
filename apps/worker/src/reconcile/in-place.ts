import type { AppSpec } from '@nebula/contracts';
import { limitsOf, needsNewLimits } from './limits.js';
import type { NodeFacts, ObservedContainer } from './observed.js';
import { createdPolicy, needsNewPolicy } from './restart-policy.js';

/** What the engine changes on a container that exists, as far as it can. */
type Changeable = Pick<ObservedContainer, 'limits' | 'restart_policy'>;

/** A container of the right fingerprint has to be made anew all the same: the engine can't bring it to its spec. */
export function needsNewContainer(container: Changeable, spec: AppSpec, node: NodeFacts): boolean {
  return needsNewLimits(container, spec, node) || needsNewPolicy(container, spec, node);
}

/** Containers as one spec has them have to be made anew for another, though their fingerprint stays. */
export function replacesAll(from: AppSpec, to: AppSpec, node: NodeFacts): boolean {
  return needsNewContainer({ limits: limitsOf(from), restart_policy: createdPolicy(from) }, to, node);
}
