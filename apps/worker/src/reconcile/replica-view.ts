import { containerName } from '@nebula/contracts';
import { isUp } from './container-steps.js';
import { containerKey, failureOf } from './failure-key.js';
import { fingerprint, isRight } from './fingerprint.js';
import { needsNewContainer } from './in-place.js';
import { markOf } from './limits.js';
import type { ObservedContainer } from './observed.js';
import type { Situation } from './plan-input.js';
import { isDone } from './restart-policy.js';

/** One replica's containers, told apart by what they are for. None of them is `removing`. */
export interface ReplicaView {
  replica: number;
  /** The name that the replica's container shall have. */
  name: string;
  /** The label that a new container gets. */
  fingerprint: string;
  /** The right container to keep. */
  current: ObservedContainer | null;
  /** The program of `current` has ended, and shall not be started again. */
  done: boolean;
  /** What ran before and can run again, while `current` doesn't run. */
  backup: ObservedContainer | null;
  /** Everything else: to be removed. */
  rest: ObservedContainer[];
  /** All of them. */
  all: ObservedContainer[];
}

export function viewReplica(
  replica: number,
  own: readonly ObservedContainer[],
  situation: Situation,
): ReplicaView {
  const { desired, node, spec } = situation;
  const name = containerName(desired.app_name, replica);
  const current = best(
    name,
    own.filter(
      (container) =>
        container.state !== 'dead' &&
        isRight(container.fingerprint, spec, replica, desired.tokens) &&
        !needsNewContainer(container, spec, node) &&
        !isStillborn(container, situation),
    ),
  );
  const others = own.filter((container) => container !== current);
  const done = current !== null && isDone(current, name, spec) && !hasFailedToStart(current, situation);
  const backup = current && (isUp(current) || done) ? null : best(name, others.filter(hasRun));
  return {
    replica,
    name,
    fingerprint: fingerprint(spec, replica, desired.tokens),
    current,
    done,
    backup,
    rest: others.filter((container) => container !== backup),
    all: [...own],
  };
}

/**
 * One replica's containers while nobody knows what it should be: none is right, and the one that ran last is the one to
 * keep. Others that ran are left alone.
 */
export function viewAsItWas(
  replica: number,
  own: readonly ObservedContainer[],
  situation: Situation,
): ReplicaView {
  const view = viewReplica(replica, own, situation);
  const backup = best(view.name, own.filter(hasRun));
  return {
    ...view,
    current: null,
    done: false,
    backup,
    rest: own.filter(({ state }) => state === 'created'),
  };
}

function best(name: string, containers: ObservedContainer[]): ObservedContainer | null {
  return containers.toSorted((a, b) => compare(a, b, name))[0] ?? null;
}

/**
 * It never ran, and a start failed. The next try is with a container made anew, which costs nothing: what the engine
 * keeps of this one can be what is in the way (one that was killed in the middle of a start refuses every further
 * start of it with "task … already exists").
 */
function isStillborn(container: ObservedContainer, situation: Situation): boolean {
  return container.state === 'created' && hasFailedToStart(container, situation);
}

/** Its last start failed, or the hook after it. */
function hasFailedToStart(
  { replica, fingerprint: label }: ObservedContainer,
  { memory, spec }: Situation,
): boolean {
  const kinds = ['start', 'post-start'] as const;
  const under = markOf(spec);
  return kinds.some((kind) => failureOf(memory, containerKey(kind, replica, label, under)) !== null);
}

/** A container that was never started has never shown that it can serve. */
function hasRun(container: ObservedContainer): boolean {
  return isUp(container) || container.state === 'exited';
}

const RANK = { running: 0, paused: 1, restarting: 2, exited: 3, created: 4, removing: 5, dead: 6 } as const;

/** The closer to running first, then the one that has the replica's name, then the newest. */
function compare(a: ObservedContainer, b: ObservedContainer, name: string): number {
  return (
    RANK[a.state] - RANK[b.state] ||
    Number(b.name === name) - Number(a.name === name) ||
    b.created_at - a.created_at ||
    (a.id < b.id ? -1 : 1)
  );
}
