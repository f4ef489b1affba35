import { canonicalJson, containerName, maxUnavailable, type Tokens, updatePolicy } from '@nebula/contracts';
import { isUp } from './container-steps.js';
import { crashesOf, crashProblem, portGuess } from './crashes.js';
import { isRight } from './fingerprint.js';
import { isFound } from './found.js';
import { currentPin } from './image.js';
import { needsNewContainer } from './in-place.js';
import type { AppMemory, Verdict } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { isOverdue, isReady } from './readiness.js';
import { HELD_POLICY, isDone, restartPolicy } from './restart-policy.js';
import { asServed } from './served-release.js';
import type { Step } from './step.js';
import { endsUpdate, isAsGood, updateFailure } from './update-failure.js';

/** A program that has ended so often by itself, and was never ready, will not get ready. */
const ENDLESS = 5;

/** Containers are replaced one after the other. */
export function isRolling({ spec, memory }: Situation): boolean {
  return memory.rolling || updatePolicy(spec).strategy === 'rolling';
}

/** Whether containers of an update are judged: else nothing would follow from it. */
export function isWatched(situation: Situation): boolean {
  return isRolling(situation) || updatePolicy(situation.spec).on_failure === 'rollback';
}

/** So many wanted replicas may be without a container that is ready while it rolls. */
export function mostAway({ spec, replicas }: Situation): number {
  return maxUnavailable(updatePolicy(spec), replicas);
}

/** The container of a wanted replica is as wanted, and was not so before this update. */
export function isOfUpdate(container: ObservedContainer, situation: Situation): boolean {
  const { replica, fingerprint: label } = container;
  const { desired, spec, memory, node, replicas } = situation;
  if (replica < 1 || replica > replicas || !isRight(label, spec, replica, desired.tokens)) return false;
  if (isFound(container, memory) || needsNewContainer(container, spec, node)) return false;
  return !isAsGood(replica, situation);
}

/** The step that ends an update because a container of it does not get ready; null when none is known to. */
export function judgement(situation: Situation): (Step & { kind: 'judge' }) | null {
  const { observed, memory, desired } = situation;
  if (memory.verdict || !isWatched(situation)) return null;
  const inOrder = observed.containers.toSorted((a, b) => a.replica - b.replica);
  for (const container of inOrder) {
    if (!isOfUpdate(container, situation)) continue;
    const reason = whyNeverReady(container, situation);
    if (reason === null) continue;
    const { id, replica, state } = container;
    const exit_code = state !== 'running' ? container.exit_code : crashesOf(container, memory).exit_code;
    const { revision } = desired;
    return { kind: 'judge', replica, target: { by: 'id', id }, revision, reason, exit_code };
  }
  return null;
}

function whyNeverReady(container: ObservedContainer, situation: Situation): string | null {
  const { desired, spec, memory, now, replicas } = situation;
  const policy = updatePolicy(spec);
  const { name } = container;
  if (isServing(container, situation)) return null;
  if (isDone(container, containerName(desired.app_name, container.replica), spec)) return `${name} has ended`;
  if (!isUp(container)) return null;
  if (container.health === 'unhealthy') return `${name} is unhealthy by its own health check`;
  if (crashesOf(container, memory).times >= ENDLESS)
    return `${name} ends again and again${portGuess(container, replicas)}`;
  if (!isOverdue(container, policy, memory, now)) return null;
  return `${name} was not ready within ${policy.health_timeout_seconds} s of its start`;
}

/** Why a container that is as wanted never gets ready, a part of a sentence; null when none is known not to. */
export function whyNotServed(situation: Situation): string | null {
  const { observed, spec, desired } = situation;
  const isWanted = ({ fingerprint, replica }: ObservedContainer): boolean =>
    replica > 0 && isRight(fingerprint, spec, replica, desired.tokens);
  for (const container of observed.containers.filter(isWanted)) {
    const reason = whyNeverReady(container, situation);
    if (reason !== null) return reason;
  }
  return null;
}

/**
 * The memory after a look at an app that shall run: what was ready everywhere is what is gone back to later, and a
 * container of an update that can't be made or started ends that update. The same object when nothing was learned.
 */
export function withOutcome(wanted: Situation): AppMemory {
  const situation = asServed(wanted);
  const { spec, desired, memory, replicas } = situation;
  if (replicas === 0) return memory.rolling ? { ...memory, rolling: false } : memory;
  if (isServedWell(situation)) {
    const pin = currentPin(desired, memory);
    const { good } = memory;
    const { revision, tokens } = desired;
    // A roll that comes with a release has not begun before that is there.
    const rolling = memory.rolling && tokens.roll !== wanted.desired.tokens.roll;
    const isKnown = good?.spec === spec && sameTokens(good.tokens, tokens) && good.pin === pin;
    if (isKnown && rolling === memory.rolling && !memory.verdict) return memory;
    return { ...memory, good: { revision, spec, tokens, pin }, rolling, verdict: null };
  }
  const verdict = memory.verdict ? null : failedStep(situation);
  return verdict ? { ...memory, verdict } : memory;
}

function sameTokens(a: Tokens, b: Tokens): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/**
 * A container serves when it is ready. One whose program has ended well and is not to be started again has done what it
 * is for.
 */
export function isServing(container: ObservedContainer, { desired, spec, now }: Situation): boolean {
  if (isReady(container, updatePolicy(spec), now)) return true;
  const name = containerName(desired.app_name, container.replica);
  return container.exit_code === 0 && isDone(container, name, spec);
}

/** Every wanted replica, of one at least, has a container that is as wanted, ready and sound. */
export function isServedWell(situation: Situation): boolean {
  const { spec, desired, replicas, observed } = situation;
  // Of what nothing runs nobody knows how it would serve.
  if (replicas === 0) return false;
  const ready = new Set(
    observed.containers
      .filter(
        (container) =>
          container.replica >= 1 &&
          container.replica <= replicas &&
          isServing(container, situation) &&
          isSound(container, situation) &&
          isRight(container.fingerprint, spec, container.replica, desired.tokens),
      )
      .map(({ replica }) => replica),
  );
  return ready.size === replicas;
}

/** Its start is over, it has the limits of its spec or can get them, and its program does not end again and again. */
function isSound(container: ObservedContainer, situation: Situation): boolean {
  const { spec, node } = situation;
  const isHeld = container.restart_policy === HELD_POLICY && restartPolicy(spec) !== HELD_POLICY;
  if (isHeld && container.hooks.post_start) return false;
  if (needsNewContainer(container, spec, node)) return false;
  return container.state !== 'running' || crashProblem(container, situation) === null;
}

function failedStep(situation: Situation): Verdict | null {
  const { desired, replicas, now } = situation;
  if (!isWatched(situation)) return null;
  for (let replica = 1; replica <= replicas; replica += 1) {
    const failure = updateFailure(replica, situation);
    if (!failure || !endsUpdate(failure, situation)) continue;
    const reason = `${failure.step} failed for replica ${replica}: ${failure.message}`;
    return { revision: desired.revision, reason, exit_code: null, log: failure.log ?? '', at: now };
  }
  return null;
}
