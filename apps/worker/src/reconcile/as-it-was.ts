import { choose } from './choose.js';
import { remove } from './container-steps.js';
import { isRight } from './fingerprint.js';
import { arrange } from './lanes.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { tryable } from './problems.js';
import { optionsAsItWas } from './replica-options.js';
import { viewAsItWas } from './replica-view.js';
import type { Plan, PlanProblem, Step } from './step.js';
import { asOf } from './versions.js';
import { policyProblems } from './worker-policy.js';

/** A plan that leaves containers alone which nobody knows the use of. */
export interface PlanAsItWas extends Plan {
  /** Removals of those that have ended and that no version of the app comes back to, for when somebody asks for that. */
  leftovers: Step[];
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
  if (!good || !before || policyProblems(good.spec, wanted.policy ?? {}).length > 0) {
    return {
      lanes: [],
      problems: forbidden,
      leftovers: leftoversOf(wanted, ({ replica }) => replica <= most),
    };
  }
  const isGood = ({ fingerprint, replica, state }: ObservedContainer): boolean =>
    state === 'created' || isRight(fingerprint, good.spec, replica, good.tokens);
  return keepUp(before, forbidden, ({ own }) => own.every(isGood), most);
}

/** The containers of one replica. */
interface Group {
  replica: number;
  own: readonly ObservedContainer[];
}

function groupsOf(containers: readonly ObservedContainer[]): Group[] {
  const replicas = new Set(containers.map(({ replica }) => replica).filter((replica) => replica > 0));
  return [...replicas]
    .sort((a, b) => a - b)
    .map((replica) => ({ replica, own: containers.filter((container) => container.replica === replica) }));
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
  const leftovers = leftoversOf(situation, (group) => group.replica <= most || isKept(group));
  return { lanes: arrange(works, containers), problems: [...why, ...problems, ...blocked], leftovers };
}

/**
 * What has ended, but for the container of each replica that the app may come back to: one whose program has done its work
 * would do it again if it were made anew. What could not be removed lately stays.
 *
 * @param comesBack whether the app may come back to a container of a replica.
 */
function leftoversOf(situation: Situation, comesBack: (group: Group) => boolean): Step[] {
  const { containers } = situation.observed;
  const staying = groupsOf(containers)
    .filter(comesBack)
    .map(({ replica, own }) => viewAsItWas(replica, own, situation).backup);
  const ended = containers.filter(
    (container) => ['exited', 'dead'].includes(container.state) && !staying.includes(container),
  );
  return tryable(ended.map(remove), containers, situation).steps;
}
