import { isUp } from './container-steps.js';
import { backupFailure, leaveEnded, restore, tend } from './keep.js';
import { nameProblem } from './names.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import type { Preparation, Readiness } from './preparation.js';
import { beingRemoved, firstActiveFailure, problemOf, terminalFailure } from './problems.js';
import { repairProblem } from './repairs.js';
import { replace } from './replace.js';
import { type ReplicaView, viewAsItWas, viewReplica } from './replica-view.js';
import type { PlanProblem } from './step.js';
import { noWork, type Option, type Options } from './work.js';

/**
 * The ways to serve one replica, the best first.
 *
 * A right container that is up is only tended. Otherwise the new container is tried, and while that isn't
 * possible (its last try failed, its image can't be had, its name is taken) the container that ran before
 * shall run.
 *
 * @param isHeld what runs before is not to be replaced yet.
 */
export function replicaOptions(
  replica: number,
  own: readonly ObservedContainer[],
  situation: Situation,
  preparation: Preparation,
  isHeld = false,
): Options {
  const removing = own.filter((container) => container.state === 'removing');
  if (removing.length > 0) {
    return [
      idle(
        replica,
        removing.map((container) => beingRemoved(container, situation.now)),
      ),
    ];
  }
  const view = viewReplica(replica, own, situation);
  if (view.current && isUp(view.current)) {
    return [tend(view, view.current, situation, preparation.networks), idle(replica, [])];
  }
  if (view.current && view.done) return [leaveEnded(view, view.current, situation), idle(replica, [])];

  const early = repairProblem(view.current ?? view, view.name, situation);
  if (early) return fallBack(view, situation, [early], [early]);

  if (isHeld) return fallBack(view, situation, [], []);

  const unnamed = nameProblem(view.name, replica, situation.observed);
  if (unnamed) return fallBack(view, situation, [unnamed], [unnamed]);

  const readiness = worse(preparation.networks, view.current ? 'ready' : preparation.image);
  if (readiness === 'coming') return [idle(replica, [])];
  if (readiness !== 'ready') return fallBack(view, situation, [], []);
  return attempt(view, situation, preparation.reference);
}

/**
 * The ways to serve one replica whose spec can't be served: the container that ran before shall run. One that was
 * removed can't be made anew, since the spec before is not known any more.
 */
export function optionsAsItWas(
  replica: number,
  own: readonly ObservedContainer[],
  situation: Situation,
): Options {
  const there = own.filter((container) => container.state !== 'removing');
  return fallBack(viewAsItWas(replica, there, situation), situation, [], []);
}

/** The new container, or the one before it, by what is known of the new one's failures. */
function attempt(view: ReplicaView, situation: Situation, image: string): Options {
  const { work, problems, blocked } = replace(view, situation, image);
  if (blocked) return fallBack(view, situation, [], problems);

  const steps = [...work.prepare, ...work.release, ...work.acquire];
  const tried: Option = { work, problems, restores: false, replaces: work.ends.length > 0 };
  const active = firstActiveFailure(steps, view.all, situation);
  const terminal = terminalFailure(steps, view.all, situation);
  if (!active && !terminal) return [tried, ...fallBack(view, situation, [], problems)];

  // While the one before it serves, what can never start isn't tried again: each try would cost a gap.
  const whileServed = terminal ? { ...problemOf(terminal), retry_at: null } : null;
  const waiting = active ? [problemOf(active)] : [];
  const restored = restore(view, situation);
  return [
    ...(restored ? [adding(restored, whileServed ? [whileServed] : waiting)] : []),
    ...(active ? [] : [tried]),
    idle(view.replica, [...problems, ...waiting, ...backupProblems(view, situation)]),
  ];
}

/**
 * What is left when the new container can't be tried.
 *
 * @param why reported whatever is done.
 * @param whenIdle reported when nothing is done.
 */
function fallBack(
  view: ReplicaView,
  situation: Situation,
  why: PlanProblem[],
  whenIdle: PlanProblem[],
): Options {
  const restored = restore(view, situation);
  const waiting = idle(view.replica, [...whenIdle, ...backupProblems(view, situation)]);
  return restored ? [adding(restored, why), waiting] : [waiting];
}

function backupProblems(view: ReplicaView, situation: Situation): PlanProblem[] {
  const problem = backupFailure(view, situation);
  return problem ? [problem] : [];
}

function adding(option: Option, problems: PlanProblem[]): Option {
  return { ...option, problems: [...problems, ...option.problems] };
}

function idle(replica: number, problems: PlanProblem[]): Option {
  return { work: noWork(replica), problems, restores: false, replaces: false };
}

/** `coming` is the strongest: what is missing is there at the next look, so nothing else is done before. */
const BY_STRENGTH = ['ready', 'slow', 'failed', 'coming'] as const;

function worse(a: Readiness, b: Readiness): Readiness {
  return BY_STRENGTH.indexOf(a) > BY_STRENGTH.indexOf(b) ? a : b;
}
