import { replicasOn } from '@nebula/contracts';
import { type PlanAsItWas, planForbidden, planUnfit } from './as-it-was.js';
import { type Choice, choose } from './choose.js';
import { dependencyProblems } from './dependencies.js';
import { gate } from './gate.js';
import { arrange } from './lanes.js';
import { leftoversOf, planPrune } from './leftovers.js';
import { clearNames } from './names.js';
import { withVerdict } from './memory-updates.js';
import { nodeProblems } from './node-fit.js';
import type { ObservedContainer } from './observed.js';
import type { PlanInput, Situation } from './plan-input.js';
import { everythingReady, type Preparation, prepare } from './preparation.js';
import { retriedFailures } from './problems.js';
import { surplusWorks } from './removal.js';
import { optionsAsItWas, replicaOptions } from './replica-options.js';
import { asServed } from './served-release.js';
import type { Plan, Step } from './step.js';
import { judgement } from './update.js';
import { type Part, versionsOf } from './versions.js';
import type { Options, Work } from './work.js';
import { policyProblems } from './worker-policy.js';

/**
 * What to do now so that an app comes to its desired state on this server. Pure: the same input gives the same
 * plan. Applying a plan in part, or not at all, is safe; planning anew from what is then observed goes on.
 */
export function plan(input: PlanInput): Plan {
  const planned = planFor(input);
  const { containers } = input.observed;
  const prune = planPrune(input, planned.leftovers ?? []);
  const lanes = prune.steps.length > 0 ? [...planned.lanes, prune.steps] : planned.lanes;
  const problems = [...planned.problems, ...prune.problems];
  return { lanes, problems: [...problems, ...retriedFailures(lanes, containers, input)] };
}

/** What a prune removes beside images. */
type PrunablePlan = Plan & Partial<Pick<PlanAsItWas, 'leftovers'>>;

function planFor(input: PlanInput): PrunablePlan {
  const { desired, node, observed } = input;
  if (desired.deleted || !desired.spec?.running) {
    const { works, problems } = surplusWorks(observed.containers, input);
    return { lanes: arrange(works, observed.containers), problems };
  }
  const { spec } = desired;
  return planRunning({ ...input, spec, replicas: replicasOn(spec.containers_per, node) });
}

function planRunning(wanted: Situation): PrunablePlan {
  const judged = judgement(asServed(wanted));
  return judged ? planJudged(judged, wanted) : planServing(wanted);
}

/**
 * Ends an update, and repairs beside that what is to be repaired once it has ended: the log may be long in coming. The
 * container that is judged is left alone, so that its log is there, and nothing is stopped before the verdict is remembered.
 */
function planJudged(judged: Step & { kind: 'judge' }, wanted: Situation): PrunablePlan {
  const memory = withVerdict(wanted.memory, judged, '', wanted.now);
  const { lanes, leftovers = [] } = planServing({ ...wanted, memory });
  const isBeside = (step: Step): boolean => {
    if (step.kind === 'create') return step.draft.replica !== judged.replica;
    return 'replica' in step && step.replica !== judged.replica && step.kind !== 'stop';
  };
  return { lanes: [[judged], ...lanes.filter((lane) => lane.every(isBeside))], problems: [], leftovers };
}

function planServing(wanted: Situation): PrunablePlan {
  const { lead, parts, problems: verdicts } = versionsOf(wanted);
  const { observed } = lead;
  const specs = new Set(parts.map(({ situation }) => situation.spec));
  const forbidden = [...specs].flatMap((spec) => policyProblems(spec, wanted.policy ?? {}, wanted.node));
  if (forbidden.length > 0) return planForbidden(wanted, forbidden);
  const unfit = nodeProblems(lead.spec, lead.replicas, lead.node);
  if (unfit.length > 0) return planUnfit(lead, [...verdicts, ...unfit]);
  const { own, surplus } = byReplica(observed.containers, lead.replicas);
  const leftovers = parts.filter(({ isFrozen }) => isFrozen).flatMap((part) => leftoversIn(part, own));
  const leaving = surplusWorks(surplus, lead);
  const waiting = dependencyProblems(lead);
  if (waiting.length > 0) {
    const lanes = arrange(leaving.works, observed.containers);
    return { lanes, problems: [...verdicts, ...leaving.problems, ...waiting], leftovers };
  }
  const names = clearNames(lead);
  if (names.steps.length > 0)
    return { lanes: [names.steps], problems: [...verdicts, ...names.problems], leftovers };

  const serve = (held: ReadonlySet<number>, preparation: (part: Part) => Preparation): Choice =>
    choose(
      own.map((containers, index) => {
        const part = partOf(index + 1, parts);
        return optionsFor(index + 1, containers, part, held.has(index + 1), preparation(part));
      }),
      leaving.works,
      observed,
    );

  // First as if nothing were missing, to learn who waits and what is needed; then with what is there.
  const ready = (part: Part): Preparation => everythingReady(part.situation);
  const unheld = parts.filter(({ isBeforeHold }) => isBeforeHold).flatMap(({ replicas }) => replicas);
  const ideal = serve(new Set(), ready);
  const { held, problems: waits } = gate(ideal.options, lead, unheld);
  const asked = held.size > 0 ? serve(held, ready) : ideal;
  const preparations = new Map(parts.map((part) => [part, prepare(part.situation, worksOf(part, asked))]));
  const choice = serve(held, (part) => preparations.get(part) ?? ready(part));
  const prepared = [...preparations.values()];
  const beside = parts.flatMap(({ lanes }) => lanes);
  // What two parts need may be the same, and is there for both at the next look.
  const first = prepared
    .map(({ steps }) => steps)
    // The release that is pulled beside is of the same image, and serves this version as well.
    .find((steps) => steps.length > 0 && !(steps.some(isPull) && beside.flat().some(isPull)));
  const works = choice.options.map(({ work }) => work);
  return {
    lanes: [
      ...beside,
      ...(first ? [first] : []),
      ...arrange([...leaving.works, ...works], observed.containers),
    ],
    problems: [
      ...verdicts,
      ...parts.flatMap(({ problems }) => problems),
      ...names.problems,
      ...prepared.flatMap(({ problems }) => problems),
      ...leaving.problems,
      ...choice.problems,
      ...waits,
      // What a replica can't have yet may be free once the preparation is done.
      ...(first ? [] : choice.blocked),
    ],
    leftovers,
  };
}

/** What has ended of replicas that are kept up as they are, beside the container that each of them may come back to. */
function leftoversIn(
  { replicas, situation }: Part,
  own: readonly ObservedContainer[][],
): ObservedContainer[] {
  const containers = replicas.flatMap((replica) => own[replica - 1] ?? []);
  return leftoversOf(containers, situation, () => true);
}

function isPull({ kind }: Step): boolean {
  return kind === 'pull';
}

function optionsFor(
  replica: number,
  own: readonly ObservedContainer[],
  { situation, isFrozen }: Part,
  isHeld: boolean,
  preparation: Preparation,
): Options {
  return isFrozen
    ? optionsAsItWas(replica, own, situation)
    : replicaOptions(replica, own, situation, preparation, isHeld);
}

function partOf(replica: number, parts: readonly Part[]): Part {
  const part = parts.find(({ replicas }) => replicas.includes(replica)) ?? parts[0];
  if (!part) throw new Error(`No part serves replica ${replica}.`);
  return part;
}

function worksOf({ replicas }: Part, { options }: Choice): Work[] {
  return options.map(({ work }) => work).filter(({ replica }) => replicas.includes(replica));
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
