import { replicasOn } from '@nebula/contracts';
import { type Choice, choose } from './choose.js';
import { arrange } from './lanes.js';
import { clearNames } from './names.js';
import { nodeProblems } from './node-fit.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput, Situation } from './plan-input.js';
import { everythingReady, type Preparation, prepare } from './preparation.js';
import { retriedFailures } from './problems.js';
import { surplusWorks } from './removal.js';
import { optionsAsItWas, replicaOptions } from './replica-options.js';
import { servedRelease } from './served-release.js';
import type { Plan, PlanProblem } from './step.js';
import { policyProblems } from './worker-policy.js';

/**
 * What to do now so that an app comes to its desired state on this server. Pure: the same input gives the same
 * plan. Applying a plan in part, or not at all, is safe; planning anew from what is then observed goes on.
 */
export function plan(input: PlanInput): Plan {
  const { lanes, problems } = planFor(input);
  return { lanes, problems: [...problems, ...retriedFailures(lanes, input.observed.containers, input)] };
}

function planFor(input: PlanInput): Plan {
  const { desired, node, observed } = input;
  if (desired.deleted || !desired.spec?.running) {
    const { works, problems } = surplusWorks(observed.containers, input);
    return { lanes: arrange(works, observed.containers), problems };
  }
  const { spec } = desired;
  return planRunning({ ...input, spec, replicas: replicasOn(spec.containers_per, node) });
}

function planRunning(wanted: Situation): Plan {
  const served = servedRelease(wanted);
  const { situation } = served;
  const { spec, replicas, observed } = situation;
  // Nothing starts, not even what ran before: nobody knows any more whether that would be allowed.
  const forbidden = policyProblems(spec, situation.policy ?? {});
  if (forbidden.length > 0) return { lanes: [], problems: forbidden };
  const unfit = nodeProblems(spec, replicas);
  if (unfit.length > 0) return planUnfit(situation, unfit);

  const names = clearNames(situation);
  if (names.steps.length > 0) return { lanes: [names.steps], problems: names.problems };

  const { own, surplus } = byReplica(observed.containers, replicas);
  const leaving = surplusWorks(surplus, situation);
  const choice = (preparation: Preparation): Choice =>
    choose(
      own.map((containers, index) => replicaOptions(index + 1, containers, situation, preparation)),
      leaving.works,
      observed,
    );

  // First as if nothing were missing, to learn what is needed; then with what is there.
  const preparation = prepare(situation, choice(everythingReady(situation)).works);
  const { works, problems, blocked } = choice(preparation);
  const first = preparation.steps.length > 0;
  return {
    lanes: [
      ...served.lanes,
      ...(first ? [preparation.steps] : []),
      ...arrange([...leaving.works, ...works], observed.containers),
    ],
    problems: [
      ...served.problems,
      ...names.problems,
      ...preparation.problems,
      ...leaving.problems,
      ...problems,
      // What a replica can't have yet may be free once the preparation is done.
      ...(first ? [] : blocked),
    ],
  };
}

/** Keeps up what runs as of the spec before, until there is a spec that this server can serve. */
function planUnfit(situation: Situation, unfit: PlanProblem[]): Plan {
  const { containers } = situation.observed;
  const replicas = new Set(containers.map(({ replica }) => replica).filter((replica) => replica > 0));
  const options = [...replicas]
    .sort((a, b) => a - b)
    .map((replica) => {
      const own = containers.filter((container) => container.replica === replica);
      return optionsAsItWas(replica, own, situation);
    });
  const { works, problems, blocked } = choose(options, [], situation.observed);
  return { lanes: arrange(works, containers), problems: [...unfit, ...problems, ...blocked] };
}

/** The containers of each wanted replica, and those that belong to none. */
function byReplica(
  containers: readonly ObservedContainer[],
  replicas: number,
): { own: ObservedContainer[][]; surplus: ObservedContainer[] } {
  const own: ObservedContainer[][] = Array.from({ length: replicas }, () => []);
  const surplus: ObservedContainer[] = [];
  for (const container of containers) (own[container.replica - 1] ?? surplus).push(container);
  return { own, surplus };
}
