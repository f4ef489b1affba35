import { updatePolicy } from '@nebula/contracts';
import { containerKey, failureOf } from './failure-key.js';
import { fingerprint, isRight } from './fingerprint.js';
import { isFound } from './found.js';
import { replacesAll } from './in-place.js';
import { markOf } from './limits.js';
import type { Failure } from './memory.js';
import type { Situation } from './plan-input.js';

/** So often a step is tried at least before its update has failed: the clock may have been set forward between two tries. */
const LEAST_TRIES = 3;

/**
 * The failure for which a replica has no container of the update that is under way; null when there is none. A first
 * start is no update: it fails for itself, and is tried again.
 */
export function updateFailure(replica: number, situation: Situation): Failure | null {
  const { desired, spec, memory, observed } = situation;
  const { good } = memory;
  if (isAsGood(replica, situation)) return null;
  const label = fingerprint(spec, replica, desired.tokens);
  const hadBefore = observed.containers.some(
    (other) => other.replica === replica && other.started_at > 0 && !isFound(other, memory),
  );
  if (!good && !hadBefore) return null;
  for (const kind of ['create', 'start', 'post-start'] as const) {
    const failure = failureOf(memory, containerKey(kind, replica, label, markOf(spec)));
    if (failure) return failure;
  }
  return null;
}

/** A container of this replica that serves the last good version is as wanted: no update makes another one. */
export function isAsGood(replica: number, { desired, spec, memory, node }: Situation): boolean {
  const { good } = memory;
  if (!good || replacesAll(good.spec, spec, node)) return false;
  return isRight(fingerprint(spec, replica, desired.tokens), good.spec, replica, good.tokens);
}

/**
 * Whether an update ends with this failure. An engine that answers wrongly now and then, a port or a name that is taken
 * and a full disk pass, so these are tried again for as long as a container may take to get ready. What can never start
 * and a hook that says no end it at once.
 */
export function endsUpdate(failure: Failure, { spec }: Situation): boolean {
  if (failure.terminal || failure.step === 'post-start') return true;
  const { attempts, failed_at, since = failed_at } = failure;
  const limit = updatePolicy(spec).health_timeout_seconds * 1000;
  return attempts >= LEAST_TRIES && failed_at - since >= limit;
}
