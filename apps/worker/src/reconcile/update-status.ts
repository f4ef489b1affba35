import { replicasOn, type UpdateState, updatePolicy } from '@nebula/contracts';
import { isRight } from './fingerprint.js';
import type { PlanInput, Situation } from './plan-input.js';
import { isServedWell, isServing } from './update.js';
import { isAsGood } from './update-failure.js';
import { asOf } from './versions.js';

/** How the newest change of an app is on this server, as it is reported. */
export interface UpdateStatus {
  state: UpdateState;
  /** Replicas that serve the version that is served: the wanted one, or the one that is gone back to. */
  ready: number;
  /** Replicas that there shall be. */
  replicas: number;
  /** The revision that is gone back to; null when none is. */
  back_to: number | null;
}

/** Null when the app is not to run. A container that is missing for a moment makes nothing undone. */
export function updateStatus(input: PlanInput): UpdateStatus | null {
  const { deleted, spec } = input.desired;
  if (deleted || !spec?.running) return null;
  const wanted: Situation = { ...input, spec, replicas: replicasOn(spec.containers_per, input.node) };
  const { verdict, good } = input.memory;
  if (!verdict) return { state: isDone(wanted) ? 'done' : 'rolling', ...served(wanted), back_to: null };
  if (!good || updatePolicy(spec).on_failure !== 'rollback')
    return { state: 'paused', ...served(wanted), back_to: null };
  const before = asOf(good, wanted);
  const state = isServedWell(before) ? 'rolled_back' : 'rolling_back';
  return { state, ...served(before), back_to: good.revision };
}

/** What is wanted has served on this server. */
function isDone(wanted: Situation): boolean {
  const { replicas } = wanted;
  return Array.from({ length: replicas }, (_, index) => index + 1).every((n) => isAsGood(n, wanted));
}

function served(situation: Situation): { ready: number; replicas: number } {
  const { desired, observed, spec, replicas } = situation;
  const ready = new Set(
    observed.containers
      .filter(
        (container) =>
          isServing(container, situation) &&
          isRight(container.fingerprint, spec, container.replica, desired.tokens),
      )
      .map(({ replica }) => replica)
      .filter((replica) => replica >= 1 && replica <= replicas),
  );
  return { ready: ready.size, replicas };
}
