import { choose } from './choose.js';
import { isRight } from './fingerprint.js';
import { arrange } from './lanes.js';
import { type Group, groupsOf, leftoversOf } from './leftovers.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { optionsAsItWas } from './replica-options.js';
import type { Plan, PlanProblem } from './step.js';
import { asOf } from './versions.js';
import { policyProblems } from './worker-policy.js';

/** A plan that leaves containers alone which nobody knows the use of. */
export interface PlanAsItWas extends Plan {
  /** Those that have ended and that no version of the app comes back to: a prune removes them. */
  leftovers: ObservedContainer[];
}

/** Keeps up what runs as of the spec before, until there is a spec that this server can serve. */
export function planUnfit(situation: Situation, unfit: PlanProblem[]): PlanAsItWas {
  return keepUp(situation, unfit, () => true);
}

/**
 * Keeps up what runs of the last good version while the policy forbids the one that is wanted, if it allows that one.
 * Nobody knows whether it would allow anything else, so no other container is started.
 */
export function planForbidden(wanted: Situation, forbidden: PlanProblem[]): PlanAsItWas {
  const { good } = wanted.memory;
  const before = good && asOf(good, wanted);
  const most = Math.max(wanted.replicas, before?.replicas ?? 0);
  if (!good || !before || policyProblems(good.spec, wanted.policy ?? {}, wanted.node).length > 0) {
    return {
      lanes: [],
      problems: forbidden,
      // Without a good version nobody knows how many replicas there were.
      leftovers: leftoversOf(wanted.observed.containers, wanted, ({ replica }) => !good || replica <= most),
    };
  }
  const isGood = ({ fingerprint, replica, state }: ObservedContainer): boolean =>
    state === 'created' || isRight(fingerprint, good.spec, replica, good.tokens);
  return keepUp(before, forbidden, ({ own }) => own.every(isGood), most);
}

/**
 * @param isKept whether a replica is kept up.
 * @param most so many replicas the app has in any of its versions.
 */
function keepUp(
  situation: Situation,
  why: PlanProblem[],
  isKept: (group: Group) => boolean,
  most = 0,
): PlanAsItWas {
  const { containers } = situation.observed;
  const options = groupsOf(containers)
    .filter(isKept)
    .map(({ replica, own }) => optionsAsItWas(replica, own, situation));
  const choice = choose(options, [], situation.observed);
  const { problems, blocked } = choice;
  const works = choice.options.map(({ work }) => work);
  const leftovers = leftoversOf(containers, situation, (group) => group.replica <= most || isKept(group));
  return { lanes: arrange(works, containers), problems: [...why, ...problems, ...blocked], leftovers };
}
