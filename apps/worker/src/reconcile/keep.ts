import {
  isUp,
  missingConnections,
  missingHome,
  released,
  rename,
  restarting,
  starting,
  unpause,
  withLimits,
} from './container-steps.js';
import { crashProblem } from './crashes.js';
import { isRight } from './fingerprint.js';
import { collide, portName } from './host-ports.js';
import { nameProblem } from './names.js';
import { type AppSpec, updatePolicy } from '@nebula/contracts';
import type { ObservedApp, ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import type { Readiness } from './preparation.js';
import { isReady, lookAt } from './readiness.js';
import { healthProblem, isToBeRestarted } from './unhealthy.js';
import { isOfUpdate, isWatched } from './update.js';
import { limitsMark, markOf } from './limits.js';
import { firstActiveFailure, problemOf, tryable, tryableGroups } from './problems.js';
import { removals } from './removal.js';
import { repairProblem } from './repairs.js';
import type { ReplicaView } from './replica-view.js';
import { isDone, restartPolicy } from './restart-policy.js';
import type { PlanProblem, Step } from './step.js';
import { noWork, type Option } from './work.js';

/**
 * What a right container that is up still lacks. It keeps running through all of it.
 *
 * @param networks whether the networks that it shall be in are there.
 */
export function tend(
  view: ReplicaView,
  current: ObservedContainer,
  situation: Situation,
  networks: Readiness,
): Option {
  const option = keepAlone(view, current, view.rest, situation);
  const { spec, node } = situation;
  const limited = tryable(withLimits(current, spec, node, situation.memory.denied), view.all, situation);
  const missing = missingConnections(current, spec);
  const unconnected = missing.length > 0 ? portProblem(current, situation.observed) : null;
  const connecting = tryableGroups(networks === 'ready' && !unconnected ? missing : [], view.all, situation);
  const unnamed =
    current.name === view.name ? null : nameProblem(view.name, view.replica, situation.observed);
  return {
    ...option,
    work: {
      ...option.work,
      acquire: [...option.work.acquire, ...limited.steps, ...connecting.steps],
    },
    problems: [
      ...option.problems,
      ...limited.problems,
      ...connecting.problems,
      ...(unconnected ? [unconnected] : []),
      ...(unnamed ? [unnamed] : []),
      ...conditionOf(current, situation),
    ],
  };
}

/** A right container whose program has ended, and is not to be started again. */
export function leaveEnded(view: ReplicaView, ended: ObservedContainer, situation: Situation): Option {
  const option = keepAlone(view, ended, view.rest, situation);
  if (ended.exit_code === 0) return option;
  const policy = restartPolicy(situation.spec);
  const message = `${ended.name} has ended with exit code ${ended.exit_code}; its restart policy is ${policy}, so it is not started again`;
  return { ...option, problems: [...option.problems, { step: 'run', message, retry_at: null }] };
}

/**
 * Lets the container that ran before serve; null when there is none that can, or when it failed to start
 * lately. What was created for the new one goes: it has the name, and it is made anew at the next try.
 */
export function restore(view: ReplicaView, situation: Situation): Option | null {
  const { backup, current, rest } = view;
  if (!backup || backupFailure(view, situation)) return null;
  const { work, problems } = keepAlone(view, backup, current ? [current, ...rest] : rest, situation);
  const returning = returnHome(backup, view, situation);
  const acquire = [...work.acquire, ...returning.steps];
  const option = { problems: [...problems, ...returning.problems], restores: true, replaces: false };
  if (isUp(backup)) {
    const sickness = healthProblem(backup, situation);
    return {
      ...option,
      work: { ...work, acquire },
      problems: [...option.problems, ...(sickness ? [sickness] : [])],
    };
  }
  // Its program has ended by itself: that is what was before.
  if (isDone(backup, view.name, situation.spec)) return { ...option, work: { ...work, acquire } };
  const started = [...acquire, ...startingBackup(backup, situation)];
  return { ...option, work: { ...work, acquire: started, takes: backup.ports } };
}

/** Puts a container of the spec before back into its network. No network is made for it. */
function returnHome(
  container: ObservedContainer,
  view: ReplicaView,
  situation: Situation,
): { steps: Step[]; problems: PlanProblem[] } {
  const step = missingHome(container, specOfGood(container, situation));
  if (!step) return { steps: [], problems: [] };
  const { observed } = situation;
  const unconnected = observed.networks.includes(step.network)
    ? portProblem(container, observed)
    : goneProblem(container, step.network);
  return unconnected ? { steps: [], problems: [unconnected] } : tryable([step], view.all, situation);
}

/** The last good spec, if the container was made for it. */
function specOfGood(
  { fingerprint, replica }: ObservedContainer,
  { memory: { good } }: Situation,
): AppSpec | null {
  return good && isRight(fingerprint, good.spec, replica, good.tokens) ? good.spec : null;
}

function goneProblem({ name }: ObservedContainer, network: string): PlanProblem {
  const message = `${name} is not in the network ${network}, which is gone`;
  return { step: 'connect', message, retry_at: null };
}

/** Why the container that ran before can't be started again for now. */
export function backupFailure({ backup, all, name }: ReplicaView, situation: Situation): PlanProblem | null {
  if (!backup || isUp(backup)) return null;
  const early = repairProblem(backup, name, situation);
  if (early) return early;
  const failure = firstActiveFailure(startingBackup(backup, situation), all, situation);
  return failure && problemOf(failure);
}

/** Nobody gives it other limits before its start. */
function startingBackup(backup: ObservedContainer, { spec, node }: Situation): Step[] {
  return starting(backup, restartPolicy(spec), node, limitsMark(backup.limits));
}

/** Makes one container the replica's only one, under the replica's name, without stopping or starting it. */
function keepAlone(
  view: ReplicaView,
  kept: ObservedContainer,
  others: readonly ObservedContainer[],
  situation: Situation,
): Option {
  const leaving = removals(others, situation);
  const goes = (other: ObservedContainer): boolean =>
    others.includes(other) && !leaving.staying.includes(other);
  const nameIsFree =
    !view.all.some((other) => other !== kept && other.name === view.name && !goes(other)) &&
    !nameProblem(view.name, view.replica, situation.observed);
  const repairs = tryable(
    [
      ...(kept.name !== view.name && nameIsFree ? [rename(kept, view.name)] : []),
      ...(kept.state === 'paused' ? [unpause(kept)] : []),
    ],
    view.all,
    situation,
  );
  const policy = withPolicy(kept, view, situation);
  return {
    work: {
      ...noWork(view.replica),
      prepare: leaving.idle,
      release: leaving.running,
      acquire: [...repairs.steps, ...policy.steps],
      ends: leaving.ends,
    },
    problems: [...leaving.problems, ...repairs.problems, ...policy.problems],
    restores: false,
    replaces: false,
  };
}

/** Its restart policy, which one that is yet to be started gets with its start. With a restart where that is due. */
function withPolicy(
  kept: ObservedContainer,
  { all, current }: ReplicaView,
  situation: Situation,
): { steps: Step[]; problems: PlanProblem[] } {
  if (!isUp(kept)) return { steps: [], problems: [] };
  const { node, spec } = situation;
  const policy = restartPolicy(spec);
  const under = kept === current ? markOf(spec) : limitsMark(kept.limits);
  const steps = isToBeRestarted(kept, situation)
    ? restarting(kept, policy, node, under)
    : released(kept, policy, node, under);
  const failure = firstActiveFailure(steps, all, situation);
  return failure ? { steps: [], problems: [problemOf(failure)] } : { steps, problems: [] };
}

/**
 * Why a container can't be connected: what it would publish again is published by somebody else. The engine doesn't get
 * over such a try.
 */
function portProblem(container: ObservedContainer, { taken_ports }: ObservedApp): PlanProblem | null {
  const taken = taken_ports.find((other) => container.ports.some((port) => collide(port, other)));
  if (!taken) return null;
  const message = `${container.name} waits: host port ${portName(taken)} is published by the container ${taken.by}`;
  return { step: 'connect', message, retry_at: null };
}

/** What no step can mend: a container that is ended again and again, by itself or by others, or that says it is not well. */
function conditionOf(container: ObservedContainer, situation: Situation): PlanProblem[] {
  const ends =
    crashProblem(container, situation) ?? repairProblem(container, container.name, situation, true);
  if (ends) return [ends];
  const sickness = healthProblem(container, situation) ?? uncheckedProblem(container, situation);
  return sickness ? [sickness] : comingProblem(container, situation);
}

/** Its image has a check, of which nobody will ever hear. */
function uncheckedProblem({ health, name }: ObservedContainer, { node }: Situation): PlanProblem | null {
  if (node.can_check || health !== 'starting') return null;
  const message = `${name} stays "starting": the engine of this server runs no health checks (Podman without systemd), and its image has one; give the app the health_check "none"`;
  return { step: 'run', message, retry_at: null };
}

/** An update isn't over before its containers are ready, by which it is judged. */
function comingProblem(container: ObservedContainer, situation: Situation): PlanProblem[] {
  const { spec, memory, now } = situation;
  const policy = updatePolicy(spec);
  if (memory.verdict || !isWatched(situation) || !isOfUpdate(container, situation)) return [];
  if (isReady(container, policy, now)) return [];
  const retry_at = lookAt(container, policy, now);
  return [{ step: 'plan', message: `${container.name} is not ready yet`, retry_at }];
}
