import type { AppMemory, Failure } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { ContainerRef, Step, StepKind } from './step.js';

/** Name under which failures of a pull are remembered. Another release may be tried at once. */
export function pullKey(image: string, release: number): string {
  return `pull ${image} ${release}`;
}

export function networkKey(network: string): string {
  return `create-network ${network}`;
}

/**
 * Name under which a failed step on a container is remembered: not by the container's id, so that the verdict
 * outlives the container and goes with the fingerprint.
 *
 * @param under the limits that may be why it failed, see `Limited`.
 */
export function containerKey(kind: StepKind, replica: number, fingerprint: string, under?: string): string {
  return `${kind} ${replica} ${fingerprint}${under === undefined ? '' : ` ${under}`}`;
}

/**
 * The key of a step. `lane` is the lane that it is part of: a container that the lane creates has the
 * fingerprint of its draft. A container that isn't observed any more counts as having none.
 */
export function failureKey(
  step: Step,
  lane: readonly Step[],
  containers: readonly ObservedContainer[],
): string {
  switch (step.kind) {
    case 'pull':
      return pullKey(step.image, step.release);
    case 'pin':
      return `pin ${step.image} ${step.release}`;
    case 'prune':
      return `prune ${step.token}`;
    case 'create-network':
      return networkKey(step.network);
    case 'create':
      return containerKey('create', step.draft.replica, step.draft.fingerprint, step.under);
    case 'connect':
    case 'disconnect':
      return `${containerKey(step.kind, step.replica, fingerprintOfTarget(step.target, lane, containers))} ${step.network}`;
    case 'start':
    case 'post-start': {
      const label = fingerprintOfTarget(step.target, lane, containers);
      return containerKey(step.kind, step.replica, label, step.under);
    }
    case 'pre-stop':
    case 'update-resources':
    case 'restart':
    case 'unpause':
    case 'set-restart-policy':
    case 'stop':
    case 'rename':
    case 'judge':
    case 'remove':
      return containerKey(step.kind, step.replica, fingerprintOfTarget(step.target, lane, containers));
  }
}

/** The fingerprint of the container that a step of the lane is about, see `failureKey`. */
export function fingerprintOfTarget(
  target: ContainerRef,
  lane: readonly Step[],
  containers: readonly ObservedContainer[],
): string {
  if (target.by === 'id')
    return containers.find((container) => container.id === target.id)?.fingerprint ?? '';
  for (const step of lane) {
    if (step.kind === 'create' && step.draft.replica === target.replica) return step.draft.fingerprint;
  }
  return '';
}

/** The failure under a key, null when there is none. */
export function failureOf(memory: AppMemory, key: string): Failure | null {
  return Object.hasOwn(memory.failures, key) ? (memory.failures[key] ?? null) : null;
}

/**
 * The failure under a key while it is too early to try again, else null. One that happened later than now shows that the
 * clock was set back: its time would come too late by as much, so it is tried at once.
 */
export function activeFailure(memory: AppMemory, key: string, now: number): Failure | null {
  const failure = failureOf(memory, key);
  return failure && failure.failed_at <= now && now < failure.retry_at ? failure : null;
}
