import { containerName, updatePolicy } from '@nebula/contracts';
import { isUp } from './container-steps.js';
import { handOverGroups } from './lanes.js';
import { isOnHold } from './memory-updates.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { updateLater } from './problems.js';
import { lookAt } from './readiness.js';
import type { PlanProblem } from './step.js';
import { isRolling, isServing, mostAway } from './update.js';
import { updateFailure } from './update-failure.js';
import type { Option } from './work.js';

/** The replicas that keep what runs for them for now, and why. */
export interface Gate {
  held: ReadonlySet<number>;
  problems: PlanProblem[];
}

export const OPEN: Gate = { held: new Set(), problems: [] };

/** Replicas that can only be replaced together. */
interface Unit {
  replicas: number[];
  /** So many of them are served by a container that is ready, and would be away. */
  cost: number;
}

/**
 * Lets so many replicas be replaced that not more than `max_unavailable` are away, the lowest numbers first. What is
 * away already costs nothing and goes before. Replicas that hand host ports to each other are replaced as one, also when
 * these are more than may be away, since none of them could be alone; then nothing else is. A replica whose new container
 * could not be made or started lately is as one that is away: until that has succeeded nobody knows whether it can.
 *
 * @param options what would be done for each replica, in order, were there no gate.
 * @param unheld replicas that the random wait doesn't concern.
 */
export function gate(options: readonly Option[], situation: Situation, unheld: readonly number[] = []): Gate {
  if (!isOnHold(situation.memory, situation.now)) return rollingGate(options, situation);
  const isUnheld = ({ work }: Option): boolean => unheld.includes(work.replica);
  const waiting = closed(
    options.filter((option) => !isUnheld(option)),
    situation,
  );
  const repairs = rollingGate(options.filter(isUnheld), situation);
  return {
    held: new Set([...waiting.held, ...repairs.held]),
    problems: [...waiting.problems, ...repairs.problems],
  };
}

function rollingGate(options: readonly Option[], situation: Situation): Gate {
  if (!isRolling(situation)) return OPEN;
  const { observed, replicas } = situation;
  const ready = new Set(
    observed.containers
      .filter((container) => isServing(container, situation))
      .map(({ replica }) => replica)
      .filter((replica) => replica >= 1 && replica <= replicas),
  );
  const most = mostAway(situation);
  const failing = failingReplicas(options, situation).filter((replica) => ready.has(replica));
  let left = most - (replicas - ready.size) - failing.length;
  const held: number[] = [];
  let isFull = false;
  for (const { replicas: members, cost } of units(options, ready, observed.containers)) {
    isFull ||= cost > left && left < most;
    if (cost > 0 && isFull) held.push(...members);
    else left -= cost;
  }
  return held.length > 0
    ? { held: new Set(held), problems: [waiting(held, ready, failing, situation)] }
    : OPEN;
}

/** Nobody is replaced before the random wait is over. */
function closed(options: readonly Option[], situation: Situation): Gate {
  const { containers } = situation.observed;
  const held = units(options, new Set(), containers).flatMap(({ replicas }) => replicas);
  return held.length === 0 ? OPEN : { held: new Set(held), problems: [updateLater(situation)] };
}

function units(
  options: readonly Option[],
  ready: ReadonlySet<number>,
  containers: readonly ObservedContainer[],
): Unit[] {
  const replaced = new Set(options.filter(({ replaces }) => replaces).map(({ work }) => work.replica));
  return handOverGroups(
    options.map(({ work }) => work),
    containers,
  )
    .map((works) => works.map(({ replica }) => replica).sort((a, b) => a - b))
    .map((replicas) => ({
      replicas,
      cost: replicas.filter((replica) => replaced.has(replica) && ready.has(replica)).length,
    }))
    .filter(({ replicas }) => replicas.some((replica) => replaced.has(replica)))
    .sort((a, b) => Number(a.cost > 0) - Number(b.cost > 0) || (a.replicas[0] ?? 0) - (b.replicas[0] ?? 0));
}

/** The replicas whose new container will be tried again later. */
function failingReplicas(options: readonly Option[], situation: Situation): number[] {
  if (situation.memory.verdict) return [];
  return options
    .filter(({ replaces, work }) => !replaces && updateFailure(work.replica, situation) !== null)
    .map(({ work }) => work.replica);
}

function waiting(
  held: readonly number[],
  ready: ReadonlySet<number>,
  failing: readonly number[],
  situation: Situation,
): PlanProblem {
  const { desired, observed, now, spec } = situation;
  const policy = updatePolicy(spec);
  const name = (replica: number): string => containerName(desired.app_name, replica);
  const away = Array.from({ length: situation.replicas }, (_, index) => index + 1).filter(
    (n) => !ready.has(n),
  );
  const coming = observed.containers.filter(
    (container) => away.includes(container.replica) && isUp(container),
  );
  const times = coming.map((container) => lookAt(container, policy, now));
  const who = held.length === 1 ? `${name(held[0] ?? 0)} waits` : `${held.length} replicas wait`;
  const why =
    away.length === 0
      ? failing.length > 0
        ? `${name(failing[0] ?? 0)} is to be tried again`
        : 'others are replaced first'
      : `${name(away[0] ?? 0)}${away.length > 1 ? ` and ${away.length - 1} others are` : ' is'} not ready`;
  return {
    step: 'plan',
    message: `${who} to be replaced: at most ${mostAway(situation)} may be away, and ${why}`,
    retry_at: Math.min(now + 60_000, ...times),
  };
}
