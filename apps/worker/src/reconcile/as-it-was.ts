import { choose } from './choose.js';
import { isRight } from './fingerprint.js';
import { arrange } from './lanes.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { optionsAsItWas } from './replica-options.js';
import type { Plan, PlanProblem } from './step.js';
import { asOf } from './versions.js';
import { policyProblems } from './worker-policy.js';

/** Keeps up what runs as of the spec before, until there is a spec that this server can serve. */
export function planUnfit(situation: Situation, unfit: PlanProblem[]): Plan {
  return keepUp(situation, unfit, () => true);
}

/**
 * Keeps up what runs of the last good version while the policy forbids the one that is wanted, if it allows that one.
 * Nobody knows whether it would allow anything else, so no other container is started.
 */
export function planForbidden(wanted: Situation, forbidden: PlanProblem[]): Plan {
  const { good } = wanted.memory;
  if (!good || policyProblems(good.spec, wanted.policy ?? {}).length > 0) {
    return { lanes: [], problems: forbidden };
  }
  const isGood = ({ fingerprint, replica, state }: ObservedContainer): boolean =>
    state === 'created' || isRight(fingerprint, good.spec, replica, good.tokens);
  return keepUp(asOf(good, wanted), forbidden, (own) => own.every(isGood));
}

/** @param isKept whether these containers, all of one replica, are kept up. */
function keepUp(
  situation: Situation,
  why: PlanProblem[],
  isKept: (own: readonly ObservedContainer[]) => boolean,
): Plan {
  const { containers } = situation.observed;
  const replicas = new Set(containers.map(({ replica }) => replica).filter((replica) => replica > 0));
  const options = [...replicas]
    .sort((a, b) => a - b)
    .map((replica) => ({ replica, own: containers.filter((container) => container.replica === replica) }))
    .filter(({ own }) => isKept(own))
    .map(({ replica, own }) => optionsAsItWas(replica, own, situation));
  const choice = choose(options, [], situation.observed);
  const { problems, blocked } = choice;
  const works = choice.options.map(({ work }) => work);
  return { lanes: arrange(works, containers), problems: [...why, ...problems, ...blocked] };
}
