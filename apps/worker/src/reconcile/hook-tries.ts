import { containerKey, failureOf, fingerprintOfTarget } from './failure-key.js';
import type { AppMemory } from './memory.js';
import type { ObservedContainer } from './observed.js';
import type { Step } from './step.js';

/** So often a hook is tried at least while the engine doesn't say what became of it. */
const LEAST_TRIES = 3;

/** So long it is tried at least, milliseconds: an engine under load takes a minute for a call, and a restart of it no longer. */
const LEAST_TIME = 60_000;

/** Name under which it is remembered that nobody knows what became of a hook. That is no failure of its step. */
export function hookKey(key: string): string {
  return `untold ${key}`;
}

/**
 * Name under which the tries of a container's `pre_stop` are remembered, for a step after whose success there is nothing
 * more to try; null for others. They count until then: else a stop that the engine doesn't do would wait for all of
 * them each time.
 *
 * @param lane that the step is part of.
 * @param containers that it was planned from.
 */
export function endedHookKey(
  step: Step,
  lane: readonly Step[],
  containers: readonly ObservedContainer[],
): string | null {
  if (step.kind !== 'stop' && step.kind !== 'restart' && step.kind !== 'remove') return null;
  const { replica, target } = step;
  return hookKey(containerKey('pre-stop', replica, fingerprintOfTarget(target, lane, containers)));
}

/**
 * Whether the next try of a hook is the last one. An engine that can run no command must not keep an app as it is for
 * ever.
 *
 * @param key `failureKey` of the step.
 * @param now milliseconds since 1970.
 */
export function isLastTry(memory: AppMemory, key: string, now: number): boolean {
  const failure = failureOf(memory, hookKey(key));
  if (!failure) return false;
  const { attempts, failed_at, since = failed_at } = failure;
  return attempts + 1 >= LEAST_TRIES && now - since >= LEAST_TIME;
}
